"""The real landing of a dropped file, in this process."""

import os

from bench.landing import PUBLISHED, measure
from drop_batch import land_file

if __name__ == "__main__":
    attributes = {
        "eventType": "OBJECT_FINALIZE",
        "bucketId": os.environ["BATON_BUCKET"],
        "objectId": os.environ["DROPPED"],
        "objectGeneration": os.environ["GENERATION"],
    }
    measure(land_file, {"timeCreated": PUBLISHED}, attributes)

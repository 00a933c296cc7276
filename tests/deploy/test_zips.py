"""The zips as the platform uses them: unpacked, with nothing else installed, and pushed to."""

import base64
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient

from deploy import package
from local.pubsub import PubSubEmulator
from shared.settings import Settings
from shared.topology import Function, topology

PUSH = Path(__file__).with_name("push.py").read_text(encoding="utf-8")
SETTINGS = Settings(project="zips", bucket="zips")
FUNCTIONS = topology().functions

# What Cloud Storage says of a dropped file beside the data; no other function looks at it.
DROPPED_NOWHERE = {
    "eventType": "OBJECT_FINALIZE",
    "bucketId": "zips",
    "objectId": "drop/no-such-dataset/rows.csv",
    "objectGeneration": "1",
}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each function's zip, unpacked into an empty folder."""
    folders = {name: tmp_path_factory.mktemp(name) for name in FUNCTIONS}
    for name, folder in folders.items():
        zipfile.ZipFile(package.build(name, tmp_path_factory.mktemp("zips"))).extractall(folder)
    return folders


@pytest.fixture(scope="module")
def pythons(unpacked: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each function a fresh environment's Python; those that need the same share one."""
    needed = {name: (folder / "requirements.txt").read_bytes() for name, folder in unpacked.items()}
    example = {content: unpacked[name] / "requirements.txt" for name, content in needed.items()}
    folders = {content: tmp_path_factory.mktemp("environment") for content in example}
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda content: install(example[content], folders[content]), example))
    return {name: folders[content] / "bin" / "python" for name, content in needed.items()}


def install(requirements: Path, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet"]
    options = ["--require-hashes", "--no-compile", "--disable-pip-version-check"]
    done = subprocess.run([*pip, *options, "-r", requirements], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def pubsub() -> Iterator[str]:
    """A Pub/Sub with every topic, and a subscription to each function's dead letters."""
    with PubSubEmulator() as emulator, pytest.MonkeyPatch.context() as environment:
        environment.setenv("PUBSUB_EMULATOR_HOST", emulator.host)
        publisher = PublisherClient()
        with SubscriberClient() as subscriber:
            for name in topology().topics:
                publisher.create_topic(name=SETTINGS.topic(name))
            for function in FUNCTIONS.values():
                topic = SETTINGS.topic(function.dead_letters)
                subscription = SETTINGS.subscription(function.dead_letters)
                publisher.create_topic(name=topic)
                subscriber.create_subscription(name=subscription, topic=topic)
        publisher.transport.close()
        yield emulator.host


def request(function: Function, python: Path, folder: Path, path: str, body: str) -> str:
    done = subprocess.run(
        [python, "-c", PUSH, function.name, path, body],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PUBSUB_EMULATOR_HOST": os.environ.get("PUBSUB_EMULATOR_HOST", ""),
            "GOOGLE_CLOUD_PROJECT": SETTINGS.project,
            "BATON_BUCKET": SETTINGS.bucket,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def given_up(function: Function) -> list[bytes]:
    with SubscriberClient() as subscriber:
        subscription = SETTINGS.subscription(function.dead_letters)
        pulled = subscriber.pull(
            subscription=subscription, max_messages=10, timeout=10
        ).received_messages
        return [message.message.data for message in pulled]


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if not f.http])
def test_a_push_of_nonsense_ends_in_the_dead_letters(
    name: str, unpacked: dict[str, Path], pythons: dict[str, Path], pubsub: str
) -> None:
    function, nonsense = FUNCTIONS[name], f"nonsense for {name}".encode()
    push = {
        "message": {
            "data": base64.b64encode(nonsense).decode(),
            "attributes": DROPPED_NOWHERE,
            "messageId": "1",
            "publishTime": "2026-01-05T12:00:00Z",
        },
        "subscription": SETTINGS.subscription(function.subscriptions[0].name),
    }
    assert request(function, pythons[name], unpacked[name], "/", json.dumps(push)) == "200"
    assert given_up(function) == [nonsense]


def test_the_gateway_answers(
    unpacked: dict[str, Path], pythons: dict[str, Path], pubsub: str
) -> None:
    name = "gateway"
    assert request(FUNCTIONS[name], pythons[name], unpacked[name], "/health", "") == "200"

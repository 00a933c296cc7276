# Daily per-BU approach (recommended)
curl "https://st-kpi-ingestor-999875365235.us-central1.run.app/ingest/daily_wbr?bu=Phoenix-Sales&from=2025-10-13&to=2025-10-19"

# Or for all BUs, run each:
for bu in "Phoenix-Sales" "Tucson-Sales" "Nevada-Sales" "Andy's Painting-Sales" "Guaranteed Painting-Sales" "Commercial-AZ-Sales"; do
  curl "https://st-kpi-ingestor-999875365235.us-central1.run.app/ingest/daily_wbr?bu=$bu&from=2025-10-13&to=2025-10-19"
  sleep 2
done

# Dedupe first
curl -X POST "https://st-kpi-ingestor-999875365235.us-central1.run.app/dedupe/daily_wbr"

# Update WBR mart
curl -X POST "https://st-kpi-ingestor-999875365235.us-central1.run.app/mart/update/wbr"

# Update consolidated
curl -X POST "https://st-kpi-ingestor-999875365235.us-central1.run.app/mart/update/consolidated"

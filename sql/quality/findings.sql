  MERGE
    ${ops}.findings AS finding
  USING
    sightings AS sighting
  ON
    finding.finding_id = sighting.finding_id
  WHEN MATCHED AND sighting.has_healed THEN
    UPDATE SET healed_at = @now
  WHEN MATCHED AND sighting.status != 'pass' THEN
    UPDATE SET
      status = sighting.status,
      expected = sighting.expected,
      found = sighting.found,
      row_keys = sighting.row_keys,
      same_as = sighting.same_as,
      days = sighting.days,
      look = sighting.look,
      mend = sighting.mend,
      last_seen = @now,
      alerted_at = IF(sighting.alert = 'opened', @now, finding.alerted_at)
  WHEN NOT MATCHED BY TARGET AND sighting.status != 'pass' THEN
    INSERT (${finding_columns})
    VALUES (
      finding_id,
      @pipeline,
      dataset,
      business_unit,
      check_name,
      subject,
      status,
      expected,
      found,
      row_keys,
      same_as,
      days,
      look,
      mend,
      can_wait,
      @now,
      @now,
      NULL,
      IF(alert = 'opened', @now, NULL)
    )

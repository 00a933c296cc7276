SELECT
  '${name}' AS name,
  version,
  committed_at,
  replaced_at,
  run_id,
  cause,
  days,
  settled,
  held,
  withdrawals,
  requests,
  inputs,
  rules,
  is_partial,
  counts
FROM
  ${ops_log}.${name}

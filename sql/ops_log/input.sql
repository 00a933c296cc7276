SELECT '${name}' AS name, '${input}' AS input

-- Enters that a view's query is swapped.
INSERT INTO ${ops}.cut_overs (view_name, swapped_at, swapped_by, is_ours, former_query, query)
VALUES (@view_name, CURRENT_TIMESTAMP(), @swapped_by, @is_ours, @former_query, @query)

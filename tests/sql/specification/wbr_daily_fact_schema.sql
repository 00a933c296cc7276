kpi_date DATE
bu_key STRING           -- e.g., "Phoenix-Sales"
estimates INT           -- sales_opportunities
booked INT              -- closed_opportunities
completed_est INT       -- NEW! completed estimates
close_rate_decimal FLOAT
total_sales NUMERIC
avg_closed_sale NUMERIC

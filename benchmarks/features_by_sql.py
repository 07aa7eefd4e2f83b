"""The features of `features.py` as somebody who knows DuckDB writes them by hand."""

_DAY = "CAST($as_of AS TIMESTAMP)"


def _since(column: str, days: int) -> str:
    return f"{column} >= {_DAY} - INTERVAL {days} DAY"


def _between(column: str, start: int, end: int) -> str:
    return f"{_since(column, start)} AND {column} < {_DAY} - INTERVAL {end} DAY"


HAND_WRITTEN = f"""
WITH app AS (
    SELECT account_id, count(*) FILTER ({_since("happened_at", 30)}) AS events_30d,
        count(*) FILTER ({_between("happened_at", 60, 30)}) AS events_prev_30d,
        count(*) FILTER ({_since("happened_at", 90)}) AS events_90d,
        bit_count(bit_or(1::BIGINT << least(date_diff('day', happened_at, {_DAY}), 31)::INTEGER)
            FILTER ({_since("happened_at", 30)})) AS active_days_30d,
        date_diff('day', max(happened_at), {_DAY}) AS days_since_last_event
    FROM app_events WHERE happened_at < {_DAY} GROUP BY account_id),
web AS (
    SELECT account_id, count(*) FILTER (kind = 'view' AND {_since("happened_at", 30)}) AS views_30d,
        count(*) FILTER (kind = 'view' AND {_between("happened_at", 60, 30)}) AS views_prev_30d,
        count(*) FILTER (kind = 'compare' AND {_since("happened_at", 30)}) AS compares_30d,
        count(*) FILTER (kind = 'cart' AND {_since("happened_at", 30)}) AS carts_30d,
        bit_count(bit_or(1::BIGINT << least(date_diff('day', happened_at, {_DAY}), 31)::INTEGER)
            FILTER ({_since("happened_at", 30)})) AS web_days_30d
    FROM web_events WHERE happened_at < {_DAY} GROUP BY account_id),
mail AS (
    SELECT account_id, count(*) FILTER (kind = 'sent' AND {_since("happened_at", 90)}) AS mails_sent_90d,
        count(*) FILTER (kind = 'opened' AND {_since("happened_at", 90)}) AS mails_opened_90d,
        count(*) FILTER (kind = 'clicked' AND {_since("happened_at", 90)}) AS mails_clicked_90d,
        count(*) FILTER (kind = 'opened' AND {_since("happened_at", 30)}) AS opened_30d,
        count(*) FILTER (kind = 'opened' AND {_between("happened_at", 60, 30)}) AS opened_prev_30d,
        count(*) FILTER (kind = 'bounced' AND {_since("happened_at", 365)}) AS mails_bounced_365d,
        date_diff('day', max(happened_at) FILTER (kind = 'opened'), {_DAY}) AS days_since_last_open,
        date_diff('day', max(happened_at) FILTER (kind = 'clicked'), {_DAY}) AS days_since_last_click
    FROM mail_events JOIN contacts USING (contact_id) WHERE happened_at < {_DAY} GROUP BY account_id),
bought AS (
    SELECT account_id,
        sum(CASE kind WHEN 'refund' THEN -abs(amount_jpy) ELSE amount_jpy END)
            FILTER ({_since("ordered_at", 365)}) AS revenue_365d_jpy,
        sum(CASE kind WHEN 'refund' THEN -abs(amount_jpy) ELSE amount_jpy END)
            FILTER ({_since("ordered_at", 90)}) AS revenue_90d_jpy,
        sum(CASE kind WHEN 'refund' THEN -abs(amount_jpy) ELSE amount_jpy END)
            FILTER ({_between("ordered_at", 180, 90)}) AS revenue_prev_90d_jpy,
        count(*) FILTER (kind <> 'refund' AND {_since("ordered_at", 365)}) AS orders_365d,
        count(*) FILTER (kind <> 'refund' AND {_since("ordered_at", 90)}) AS orders_90d,
        count(*) FILTER (kind <> 'refund' AND {_between("ordered_at", 180, 90)}) AS orders_prev_90d,
        count(*) FILTER (kind <> 'refund') AS orders_total,
        max(ordered_at) FILTER (kind <> 'refund') AS last_at, min(ordered_at) FILTER (kind <> 'refund') AS first_at,
        avg(amount_jpy) FILTER (kind <> 'refund' AND {_since("ordered_at", 365)}) AS mean_order_value_jpy,
        max(amount_jpy) FILTER (kind <> 'refund' AND {_since("ordered_at", 365)}) AS largest_order_jpy,
        sum(discount_jpy) FILTER (kind <> 'refund' AND {_since("ordered_at", 365)})
            / nullif(sum(amount_jpy + discount_jpy) FILTER (kind <> 'refund' AND {_since("ordered_at", 365)}), 0)
            AS discount_share_365d,
        count(*) FILTER (kind = 'refund' AND {_since("ordered_at", 365)}) AS refunds_365d,
        avg((channel = 'online')::DOUBLE)
            FILTER (kind NOT IN ('subscription', 'refund') AND {_since("ordered_at", 365)}) AS online_share_365d
    FROM orders WHERE ordered_at < {_DAY} GROUP BY account_id),
asked AS (
    SELECT account_id, count(*) FILTER (closed_at IS NULL OR closed_at >= {_DAY}) AS open_tickets,
        count(*) FILTER (mood = 'unhappy' AND (closed_at IS NULL OR closed_at >= {_DAY})) AS open_unhappy_tickets,
        count(*) FILTER (mood = 'unhappy' AND {_since("opened_at", 90)}) AS unhappy_tickets_90d,
        count(*) FILTER ({_since("opened_at", 90)}) AS tickets_90d
    FROM tickets WHERE opened_at < {_DAY} GROUP BY account_id),
known AS (
    SELECT account_id AS unit_id, date_diff('day', started_on::TIMESTAMP, {_DAY}) AS tenure_days,
        coalesce(events_30d, 0) AS events_30d, coalesce(events_prev_30d, 0) AS events_prev_30d,
        coalesce(events_90d, 0) AS events_90d, coalesce(active_days_30d, 0) AS active_days_30d, days_since_last_event,
        coalesce(views_30d, 0) AS views_30d, coalesce(views_prev_30d, 0) AS views_prev_30d,
        coalesce(compares_30d, 0) AS compares_30d, coalesce(carts_30d, 0) AS carts_30d,
        coalesce(web_days_30d, 0) AS web_days_30d, coalesce(mails_sent_90d, 0) AS mails_sent_90d,
        coalesce(mails_opened_90d, 0) AS mails_opened_90d, coalesce(mails_clicked_90d, 0) AS mails_clicked_90d,
        coalesce(opened_30d, 0) AS opened_30d, coalesce(opened_prev_30d, 0) AS opened_prev_30d,
        coalesce(mails_bounced_365d, 0) AS mails_bounced_365d, days_since_last_open, days_since_last_click,
        coalesce(revenue_365d_jpy, 0) AS revenue_365d_jpy, coalesce(revenue_90d_jpy, 0) AS revenue_90d_jpy,
        coalesce(revenue_prev_90d_jpy, 0) AS revenue_prev_90d_jpy, coalesce(orders_365d, 0) AS orders_365d,
        coalesce(orders_90d, 0) AS orders_90d, coalesce(orders_prev_90d, 0) AS orders_prev_90d,
        coalesce(orders_total, 0) AS orders_total, date_diff('day', last_at, {_DAY}) AS days_since_last_order,
        date_diff('day', first_at, {_DAY}) AS days_since_first_order,
        date_diff('day', first_at, last_at) / nullif(orders_total - 1, 0) AS days_between_orders,
        mean_order_value_jpy, largest_order_jpy, discount_share_365d, coalesce(refunds_365d, 0) AS refunds_365d,
        online_share_365d, coalesce(open_tickets, 0) AS open_tickets,
        coalesce(open_unhappy_tickets, 0) AS open_unhappy_tickets,
        coalesce(unhappy_tickets_90d, 0) AS unhappy_tickets_90d, coalesce(tickets_90d, 0) AS tickets_90d
    FROM accounts LEFT JOIN (SELECT account_id, started_on FROM subscriptions WHERE started_on < $as_of)
        USING (account_id) LEFT JOIN app USING (account_id)
        LEFT JOIN web USING (account_id) LEFT JOIN mail USING (account_id) LEFT JOIN bought USING (account_id)
        LEFT JOIN asked USING (account_id)
    WHERE created_on < {_DAY})
SELECT * EXCLUDE (views_prev_30d, opened_30d, opened_prev_30d, revenue_prev_90d_jpy, orders_prev_90d),
    events_30d / nullif(events_prev_30d, 0) - 1 AS activity_change_30d,
    views_30d / nullif(views_prev_30d, 0) - 1 AS views_change_30d,
    greatest(mails_sent_90d - mails_opened_90d, 0) AS mails_unopened_90d,
    mails_opened_90d / nullif(mails_sent_90d, 0) AS mail_open_rate_90d,
    mails_clicked_90d / nullif(mails_sent_90d, 0) AS mail_click_rate_90d,
    opened_30d / nullif(opened_prev_30d, 0) - 1 AS opens_change_30d,
    revenue_90d_jpy / nullif(revenue_prev_90d_jpy, 0) - 1 AS revenue_change_90d,
    orders_90d / nullif(orders_prev_90d, 0) - 1 AS orders_change_90d,
    days_since_last_order / nullif(days_between_orders, 0) AS order_overdue_ratio
FROM known ORDER BY unit_id
"""  # noqa: S608 - nothing from outside

#: What is 0 where there are no rows.
COUNTS = (
    "events_30d", "events_prev_30d", "events_90d", "active_days_30d", "views_30d", "views_prev_30d", "compares_30d",
    "carts_30d", "web_days_30d", "mails_sent_90d", "mails_opened_90d", "mails_clicked_90d", "opened_30d",
    "opened_prev_30d", "mails_bounced_365d", "revenue_365d_jpy", "revenue_90d_jpy", "revenue_prev_90d_jpy",
    "orders_365d", "orders_90d", "orders_prev_90d", "orders_total", "refunds_365d", "open_tickets",
    "open_unhappy_tickets", "unhappy_tickets_90d", "tickets_90d",
)  # fmt: skip

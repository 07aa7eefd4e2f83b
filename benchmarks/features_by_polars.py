"""The features of `features.py` by Polars: lazy frames, collected by the streaming engine."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl  # type: ignore[import-not-found, unused-ignore]
from kizuna.benchmarks.features_by_sql import COUNTS


class Frames:
    """The tables as lazy frames, and one group-by for each."""

    def __init__(self, folder: Path, as_of: date) -> None:
        self.folder = folder
        self.as_of = as_of
        self.today = pl.lit(as_of).cast(pl.Datetime("us"))

    def scan(self, name: str) -> Any:
        return pl.scan_parquet(self.folder / f"{name}.parquet")

    def since(self, column: str, days: int, before: int = 0) -> Any:
        within = pl.col(column) >= self.today - timedelta(days=days + before)
        return within & (pl.col(column) < self.today - timedelta(days=before)) if before else within

    def ago(self, moment: Any) -> Any:
        return (pl.lit(self.as_of) - moment.dt.date()).dt.total_days()

    def app(self) -> Any:
        at = pl.col("happened_at")
        return (
            self.scan("app_events")
            .filter(at < self.today)
            .group_by("account_id")
            .agg(
                count(self.since("happened_at", 30)).alias("events_30d"),
                count(self.since("happened_at", 30, 30)).alias("events_prev_30d"),
                count(self.since("happened_at", 90)).alias("events_90d"),
                at.filter(self.since("happened_at", 30)).dt.date().n_unique().cast(pl.Float64).alias("active_days_30d"),
                self.ago(at.max()).alias("days_since_last_event"),
            )
        )

    def web(self) -> Any:
        at, kind = pl.col("happened_at"), pl.col("kind")
        return (
            self.scan("web_events")
            .filter(at < self.today)
            .group_by("account_id")
            .agg(
                count((kind == "view") & self.since("happened_at", 30)).alias("views_30d"),
                count((kind == "view") & self.since("happened_at", 30, 30)).alias("views_prev_30d"),
                count((kind == "compare") & self.since("happened_at", 30)).alias("compares_30d"),
                count((kind == "cart") & self.since("happened_at", 30)).alias("carts_30d"),
                at.filter(self.since("happened_at", 30)).dt.date().n_unique().cast(pl.Float64).alias("web_days_30d"),
            )
        )

    def mail(self) -> Any:
        at, kind = pl.col("happened_at"), pl.col("kind")
        contacts = self.scan("contacts").select("contact_id", "account_id")
        return (
            self.scan("mail_events")
            .filter(at < self.today)
            .join(contacts, on="contact_id")
            .group_by("account_id")
            .agg(
                count((kind == "sent") & self.since("happened_at", 90)).alias("mails_sent_90d"),
                count((kind == "opened") & self.since("happened_at", 90)).alias("mails_opened_90d"),
                count((kind == "clicked") & self.since("happened_at", 90)).alias("mails_clicked_90d"),
                count((kind == "opened") & self.since("happened_at", 30)).alias("opened_30d"),
                count((kind == "opened") & self.since("happened_at", 30, 30)).alias("opened_prev_30d"),
                count((kind == "bounced") & self.since("happened_at", 365)).alias("mails_bounced_365d"),
                self.ago(at.filter(kind == "opened").max()).alias("days_since_last_open"),
                self.ago(at.filter(kind == "clicked").max()).alias("days_since_last_click"),
            )
        )

    def bought(self) -> Any:
        kind = pl.col("kind")
        amount, is_order, year = pl.col("amount_jpy"), kind != "refund", self.since("ordered_at", 365)
        net = pl.when(kind == "refund").then(-amount.abs()).otherwise(amount)
        is_wish = ~kind.is_in(["subscription", "refund"])
        return (
            self.scan("orders")
            .filter(pl.col("ordered_at") < self.today)
            .group_by("account_id")
            .agg(
                net.filter(year).sum().alias("revenue_365d_jpy"),
                net.filter(self.since("ordered_at", 90)).sum().alias("revenue_90d_jpy"),
                net.filter(self.since("ordered_at", 90, 90)).sum().alias("revenue_prev_90d_jpy"),
                count(is_order & year).alias("orders_365d"),
                count(is_order & self.since("ordered_at", 90)).alias("orders_90d"),
                count(is_order & self.since("ordered_at", 90, 90)).alias("orders_prev_90d"),
                count(is_order).alias("orders_total"),
                pl.col("ordered_at").filter(is_order).max().alias("last_at"),
                pl.col("ordered_at").filter(is_order).min().alias("first_at"),
                amount.filter(is_order & year).mean().alias("mean_order_value_jpy"),
                amount.filter(is_order & year).max().alias("largest_order_jpy"),
                pl.col("discount_jpy").filter(is_order & year).sum().alias("discounts"),
                (amount + pl.col("discount_jpy")).filter(is_order & year).sum().alias("list_price"),
                count((kind == "refund") & year).alias("refunds_365d"),
                (pl.col("channel") == "online").filter(is_wish & year).mean().alias("online_share_365d"),
            )
        )

    def asked(self) -> Any:
        still = pl.col("closed_at").is_null() | (pl.col("closed_at") >= self.today)
        return (
            self.scan("tickets")
            .filter(pl.col("opened_at") < self.today)
            .group_by("account_id")
            .agg(
                count(still).alias("open_tickets"),
                count(still & (pl.col("mood") == "unhappy")).alias("open_unhappy_tickets"),
                count((pl.col("mood") == "unhappy") & self.since("opened_at", 90)).alias("unhappy_tickets_90d"),
                count(self.since("opened_at", 90)).alias("tickets_90d"),
            )
        )


def count(question: Any) -> Any:
    return question.fill_null(False).sum().cast(pl.Float64)


def over(one: str, other: str) -> Any:
    return pl.when(pl.col(other) != 0).then(pl.col(one) / pl.col(other))


def by_polars(folder: Path, as_of: date, columns: Sequence[str]) -> None:
    """Write the columns of all units, in the order of their ids."""
    frames = Frames(folder, as_of)
    started = frames.scan("subscriptions").filter(pl.col("started_on") < as_of).select("account_id", "started_on")
    table = frames.scan("accounts").filter(pl.col("created_on") < as_of).select("account_id")
    for part in (started, frames.app(), frames.web(), frames.mail(), frames.bought(), frames.asked()):
        table = table.join(part, on="account_id", how="left")
    table = table.with_columns(pl.col(name).fill_null(0) for name in COUNTS)

    table = (
        table.with_columns(
            (pl.lit(as_of) - pl.col("started_on")).dt.total_days().alias("tenure_days"),
            (over("events_30d", "events_prev_30d") - 1).alias("activity_change_30d"),
            (over("views_30d", "views_prev_30d") - 1).alias("views_change_30d"),
            (pl.col("mails_sent_90d") - pl.col("mails_opened_90d")).clip(lower_bound=0).alias("mails_unopened_90d"),
            over("mails_opened_90d", "mails_sent_90d").alias("mail_open_rate_90d"),
            over("mails_clicked_90d", "mails_sent_90d").alias("mail_click_rate_90d"),
            (over("opened_30d", "opened_prev_30d") - 1).alias("opens_change_30d"),
            (over("revenue_90d_jpy", "revenue_prev_90d_jpy") - 1).alias("revenue_change_90d"),
            (over("orders_90d", "orders_prev_90d") - 1).alias("orders_change_90d"),
            over("discounts", "list_price").alias("discount_share_365d"),
            frames.ago(pl.col("last_at")).alias("days_since_last_order"),
            frames.ago(pl.col("first_at")).alias("days_since_first_order"),
        )
        .with_columns(
            pl.when(pl.col("orders_total") > 1)
            .then((pl.col("days_since_first_order") - pl.col("days_since_last_order")) / (pl.col("orders_total") - 1))
            .alias("days_between_orders")
        )
        .with_columns(over("days_since_last_order", "days_between_orders").alias("order_overdue_ratio"))
    )
    chosen = table.select(pl.col("account_id").alias("unit_id"), *columns).sort("unit_id")
    chosen.sink_parquet(folder / "polars.out")

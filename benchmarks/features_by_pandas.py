"""The features of `features.py` by pandas: flags as columns, then one group-by per table."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-not-found, unused-ignore]
from kizuna.benchmarks.features_by_sql import COUNTS


class Frames:
    """The tables as frames, only the columns that are needed, and a list of parts for each."""

    def __init__(self, folder: Path, as_of: date) -> None:
        self.folder = folder
        self.today = pd.Timestamp(as_of)

    def read(self, name: str, *wanted: str) -> Any:
        return pd.read_parquet(self.folder / f"{name}.parquet", columns=list(wanted))

    def since(self, moments: Any, days: int, before: int = 0) -> Any:
        within = moments >= self.today - timedelta(days=days + before)
        return within & (moments < self.today - timedelta(days=before)) if before else within

    def ago(self, moments: Any) -> Any:
        return (self.today - moments.dt.normalize()).dt.days

    def days_with(self, key: Any, moments: Any, name: str) -> Any:
        rows = self.since(moments, 30)
        days = pd.DataFrame({"key": key[rows], "day": moments[rows].dt.normalize()}).drop_duplicates()
        return days.groupby("key", sort=False).size().astype(float).rename(name)

    def app(self) -> list[Any]:
        rows = self.read("app_events", "account_id", "happened_at")
        rows = rows[rows.happened_at < self.today]
        key, at = rows.account_id, rows.happened_at
        return [
            counted(
                rows,
                key,
                events_30d=self.since(at, 30),
                events_prev_30d=self.since(at, 30, 30),
                events_90d=self.since(at, 90),
            ),
            self.days_with(key, at, "active_days_30d"),
            self.ago(at.groupby(key, sort=False).max()).rename("days_since_last_event"),
        ]

    def web(self) -> list[Any]:
        rows = self.read("web_events", "account_id", "kind", "happened_at")
        rows = rows[rows.happened_at < self.today]
        key, at, kind = rows.account_id, rows.happened_at, rows.kind
        views = kind == "view"
        return [
            counted(
                rows,
                key,
                views_30d=views & self.since(at, 30),
                views_prev_30d=views & self.since(at, 30, 30),
                compares_30d=(kind == "compare") & self.since(at, 30),
                carts_30d=(kind == "cart") & self.since(at, 30),
            ),
            self.days_with(key, at, "web_days_30d"),
        ]

    def mail(self) -> list[Any]:
        rows = self.read("mail_events", "contact_id", "kind", "happened_at")
        rows = rows[rows.happened_at < self.today].merge(
            self.read("contacts", "contact_id", "account_id"), on="contact_id"
        )
        key, at, kind = rows.account_id, rows.happened_at, rows.kind
        opened, clicked = kind == "opened", kind == "clicked"
        return [
            counted(
                rows,
                key,
                mails_sent_90d=(kind == "sent") & self.since(at, 90),
                mails_opened_90d=opened & self.since(at, 90),
                mails_clicked_90d=clicked & self.since(at, 90),
                opened_30d=opened & self.since(at, 30),
                opened_prev_30d=opened & self.since(at, 30, 30),
                mails_bounced_365d=(kind == "bounced") & self.since(at, 365),
            ),
            self.ago(at[opened].groupby(key[opened], sort=False).max()).rename("days_since_last_open"),
            self.ago(at[clicked].groupby(key[clicked], sort=False).max()).rename("days_since_last_click"),
        ]

    def bought(self) -> list[Any]:
        rows = self.read("orders", "account_id", "ordered_at", "kind", "amount_jpy", "discount_jpy", "channel")
        rows = rows[rows.ordered_at < self.today]
        key, at, kind, amount = rows.account_id, rows.ordered_at, rows.kind, rows.amount_jpy
        is_order, year = kind != "refund", self.since(at, 365)
        net = amount.where(is_order, -amount.abs())
        wish = is_order & (kind != "subscription") & year & rows.channel.notna()
        recent = is_order & year
        return [
            counted(
                rows,
                key,
                revenue_365d_jpy=net.where(year, 0),
                revenue_90d_jpy=net.where(self.since(at, 90), 0),
                revenue_prev_90d_jpy=net.where(self.since(at, 90, 90), 0),
                orders_365d=recent,
                orders_90d=is_order & self.since(at, 90),
                orders_prev_90d=is_order & self.since(at, 90, 90),
                orders_total=is_order,
                refunds_365d=~is_order & year,
                discounts=rows.discount_jpy.where(recent, 0),
                list_price=(amount + rows.discount_jpy).where(recent, 0),
                online=wish & (rows.channel == "online"),
                wishes=wish,
            ),
            self.ago(at[is_order].groupby(key[is_order], sort=False).max()).rename("days_since_last_order"),
            self.ago(at[is_order].groupby(key[is_order], sort=False).min()).rename("days_since_first_order"),
            amount[recent]
            .groupby(key[recent], sort=False)
            .agg(["mean", "max"])
            .rename(columns={"mean": "mean_order_value_jpy", "max": "largest_order_jpy"}),
        ]

    def asked(self) -> list[Any]:
        rows = self.read("tickets", "account_id", "opened_at", "closed_at", "mood")
        rows = rows[rows.opened_at < self.today]
        still, unhappy = rows.closed_at.isna() | (rows.closed_at >= self.today), rows.mood == "unhappy"
        return [
            counted(
                rows,
                rows.account_id,
                open_tickets=still,
                open_unhappy_tickets=still & unhappy,
                unhappy_tickets_90d=unhappy & self.since(rows.opened_at, 90),
                tickets_90d=self.since(rows.opened_at, 90),
            ),
        ]


def counted(frame: Any, key: Any, **flags: Any) -> Any:
    return pd.DataFrame(flags, index=frame.index).groupby(key, sort=False).sum().astype(float)


def over(one: Any, other: Any) -> Any:
    return one / other.where(other != 0, np.nan)


def by_pandas(folder: Path, as_of: date, columns: Sequence[str]) -> None:
    """Write the columns of all units, in the order of their ids."""
    frames = Frames(folder, as_of)
    accounts = frames.read("accounts", "account_id", "created_on")
    units = accounts[pd.to_datetime(accounts.created_on) < frames.today].account_id
    started = frames.read("subscriptions", "account_id", "started_on").set_index("account_id").started_on
    started = pd.to_datetime(started)
    table = pd.DataFrame(index=pd.Index(units, name="unit_id"))
    for part in [
        (frames.today - started[started < frames.today]).dt.days.rename("tenure_days"),
        *frames.app(),
        *frames.web(),
        *frames.mail(),
        *frames.bought(),
        *frames.asked(),
    ]:
        table = table.join(part)
    table[list(COUNTS)] = table[list(COUNTS)].fillna(0.0)

    table["activity_change_30d"] = over(table.events_30d, table.events_prev_30d) - 1
    table["views_change_30d"] = over(table.views_30d, table.views_prev_30d) - 1
    table["mails_unopened_90d"] = (table.mails_sent_90d - table.mails_opened_90d).clip(lower=0)
    table["mail_open_rate_90d"] = over(table.mails_opened_90d, table.mails_sent_90d)
    table["mail_click_rate_90d"] = over(table.mails_clicked_90d, table.mails_sent_90d)
    table["opens_change_30d"] = over(table.opened_30d, table.opened_prev_30d) - 1
    table["revenue_change_90d"] = over(table.revenue_90d_jpy, table.revenue_prev_90d_jpy) - 1
    table["orders_change_90d"] = over(table.orders_90d, table.orders_prev_90d) - 1
    table["discount_share_365d"] = over(table.discounts, table.list_price)
    table["online_share_365d"] = over(table.online, table.wishes)
    gaps = table.days_since_first_order - table.days_since_last_order
    table["days_between_orders"] = gaps / (table.orders_total - 1).where(table.orders_total > 1, np.nan)
    table["order_overdue_ratio"] = over(table.days_since_last_order, table.days_between_orders)
    table = table[list(columns)].sort_index().reset_index()
    table.to_parquet(folder / "pandas.out", index=False)

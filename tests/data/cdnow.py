"""The purchases of a CD shop (Fader and Hardie 2001) as files to import: people.csv and events.csv."""

import csv
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

SAMPLE = Path(__file__).with_name("cdnow_sample_head.txt")


def convert(source: Path, folder: Path, today: date) -> tuple[Path, Path]:
    """Dates are shifted so that the last purchase was yesterday; the customer's orders and spent are summed up."""
    rows = []
    for line in source.read_text().splitlines():
        master, _number, day, quantity, total = line.split()
        rows.append((master, date(int(day[:4]), int(day[4:6]), int(day[6:])), int(quantity), float(total)))
    shift = today - timedelta(days=1) - max(day for _, day, _, _ in rows)
    orders: dict[str, int] = {}
    spent: dict[str, float] = {}
    for master, _, _, total in rows:
        orders[master] = orders.get(master, 0) + 1
        spent[master] = spent.get(master, 0) + total
    people, events = folder / "people.csv", folder / "events.csv"
    with people.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "first_name", "email", "orders", "spent", "consent.email.offers"])
        for master in orders:
            address = f"cdnow{master}@example.com"
            writer.writerow(
                [master, f"Customer {master}", address, orders[master], f"{spent[master]:.2f}", "granted"]
            )
    with events.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "event", "timestamp", "properties.total", "properties.quantity"])
        for master, day, quantity, total in rows:
            at = datetime.combine(day + shift, time(12), UTC)
            writer.writerow([master, "order_completed", at.isoformat(), f"{total:.2f}", quantity])
    return people, events

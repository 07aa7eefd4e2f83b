"""Tsukinowa (月の輪), a fictional monthly box of tea and sweets: its data, and the hidden world that answers."""

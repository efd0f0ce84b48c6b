#!/usr/bin/env python3
"""Makes first.pcapng of the first packets of mixed.pcap, with scapy (pip install scapy): a writer of pcapng that is not ours.

Packets come from two interfaces in turn, which scapy describes as it first meets them.
"""
import pathlib
from scapy.utils import PcapNgReader, PcapNgWriter, RawPcapReader
from scapy.layers.l2 import Ether

COUNT = 60
folder = pathlib.Path(__file__).parent
with PcapNgWriter(str(folder / "first.pcapng")) as writer:
    for index, (data, meta) in enumerate(RawPcapReader(str(folder / "mixed.pcap"))):
        if index == COUNT:
            break
        packet = Ether(data)
        packet.wirelen = meta.wirelen
        packet.time = meta.sec + meta.usec / 10**6
        packet.sniffed_on = f"eth{index % 2}"
        writer.write(packet)
assert len(PcapNgReader(str(folder / "first.pcapng")).read_all()) == COUNT

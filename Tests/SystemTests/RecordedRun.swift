import Channel
import Enclosure
import Foundation
import Maps
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// A program whose verdict comes of all that it does not find out itself, recorded in one tier.
enum RecordedGamble {
    /// Time, two clocks, random numbers, an LRU that evicts, how full a ring is, whether a line had room, who asked.
    static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u64); }
            recent SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } told SEC(".maps");
        __u64 drawn;
        const volatile __u32 factor = 3;
        SEC("xdp") int gamble(struct xdp_md *context) {
            __u64 now = bpf_ktime_get_ns(), boot = bpf_ktime_get_boot_ns();
            __u32 random = bpf_get_prandom_u32(), key = random & 63;
            __u64 *seen = bpf_map_lookup_elem(&recent, &key), count = seen ? *seen + 1 : 1;
            bpf_map_update_elem(&recent, &key, &count, BPF_ANY);
            bpf_ringbuf_output(&told, &count, sizeof(count), 0);
            __u64 waiting = bpf_ringbuf_query(&told, BPF_RB_AVAIL_DATA);
            long printed = bpf_printk("drew %u", random);
            __u8 *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
            drawn = drawn * factor + now + 2 * boot + waiting + printed;
            if (data + 16 <= end) { data[14] = random; data[15] = drawn; }
            return (random ^ drawn ^ count ^ bpf_get_smp_processor_id()) & 3;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    static func object() throws -> [UInt8] {
        try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    static func options() -> SandboxOptions {
        var options = SandboxOptions()
        options.maximumPayload = 256
        options.seed = 0x5EED_0F_A11_7415
        return options
    }

    static func packet(_ number: Int) -> [UInt8] {
        (0..<(20 + number % 100)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ number) }
    }

    struct Recording {
        var bytes: [UInt8]
        var verdicts: [Int: Int] = [:]
    }

    /// Records so many events; the cell is killed before some of them.
    static func record(
        in tier: Tier, events: Int, killingAt places: Set<Int> = [], limit: UInt64 = 1 << 30, closes: Bool = true
    ) throws -> Recording {
        let object = try object()
        var run = try TieredRun.start(object, in: tier, options: options())
        let recorder = EventRecorder(limit: limit)
        let added = recorder.add(AdmissionRequest(object: object), path: "gamble.o", of: run.sandbox)
        let number = try #require(added)
        var recording = Recording(bytes: [])
        var buffer = [UInt8](repeating: 0, count: 256)
        for index in 0..<events {
            if places.contains(index) { kill(run.sandbox.cellProcess, SIGKILL) }
            var event = Event(context: run.sandbox.layout.emptyContext)
            event.packet = packet(index)
            event.processor = UInt32(index % 4)
            run.sandbox.layout.prepare(&event, interface: 7)
            var context = event.context
            let result = try buffer.withUnsafeMutableBytes {
                try recorder.decide(
                    event, into: $0, context: &context, time: UInt64(index) * 1_000_003, by: &run.sandbox,
                    number: number)
            }
            recording.verdicts[result.verdict, default: 0] += 1
            _ = run.sandbox.takeRecords(limit: .max)
            _ = try run.sandbox.takeLog(limit: 4_096)
        }
        if closes {
            recorder.close(run.sandbox, number: number)
            recorder.finish()
        }
        recording.bytes = recorder.takePending() ?? []
        return recording
    }

    struct Replay {
        var events: UInt64 = 0
        var skipped: UInt64 = 0
        var difference: ReplayDifference?
    }

    /// Replays it in a tier, in a cell that is new or was used before.
    static func replay(_ bytes: [UInt8], in tier: Tier, takesCut: Bool = false) throws -> Replay {
        var reader = try RecordingReader(bytes.span, takesCut: takesCut)
        var program: ReplayedProgram?
        var replay = Replay()
        while replay.difference == nil, let frame = try reader.next(in: bytes.span) {
            switch frame {
            case .program(let recorded):
                guard recorded.object.object == (try object()) else { throw Foreign() }
                let run = try TieredRun.start(recorded.object.object, in: tier, options: recorded.options)
                try ReplayedProgram.check(run.sandbox.permit.program, is: recorded)
                program = ReplayedProgram(recorded, run.releaseSandbox())
            case .maps(let maps): replay.difference = try program?.apply(maps, of: bytes.span)
            case .event(let event):
                replay.events += 1
                replay.difference = try program?.replay(event, number: replay.events)
            case .end: break
            }
        }
        replay.skipped = program?.skipped ?? 0
        return replay
    }

    struct Foreign: Error {}
}

extension TieredRun {
    consuming func releaseSandbox() -> Sandbox { sandbox }
}

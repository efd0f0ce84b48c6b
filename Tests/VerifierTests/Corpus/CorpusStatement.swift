import Foundation
import ProgramPackage
import Prototypes

/// A line of assembly with its names resolved: what the assembler has no words for.
struct Statement {
    var labels: [String] = []
    /// For the assembler; empty where the line holds labels only.
    var instruction = ""
    /// As it stands in the file.
    var written = ""
    var slots = 0

    init(_ content: Substring, maps: [MapDefinition], failure: (String) -> CorpusError) throws {
        var text = content.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        while let colon = text.firstIndex(of: ":") {
            labels.append(text[..<colon].trimmed)
            text = text[text.index(after: colon)...]
        }
        written = text.trimmed
        guard !written.isEmpty else { return }
        instruction = written
        if let equals = written.range(of: " = "), written.hasSuffix(")") {
            let register = written[..<equals.lowerBound]
            let words = written[equals.upperBound...].dropLast().split { $0 == "(" || $0 == "+" || $0 == " " }
            func index() throws -> Int {
                guard words.count >= 2, let index = maps.firstIndex(where: { $0.name == words[1] }) else {
                    throw failure("no such map")
                }
                return index
            }
            switch words.first {
            case "map": instruction = "ld_pseudo \(register), 0x1, \(try index())"
            case "value":
                let offset = words.count > 2 ? String(words[2]) : "0"
                instruction = "ld_pseudo \(register), 0x2, \(try index()), \(offset)"
            case "function" where words.count == 2: instruction = "ld_pseudo \(register), 0x4, \(words[1])"
            default: break
            }
        } else if written.hasPrefix("call bpf_") {
            let name = written.dropFirst("call ".count)
            guard let number = CorpusHelpers.numbers[String(name)] else { throw failure("no number for \(name)") }
            instruction = "call \(number)"
        }
        slots = instruction.hasPrefix("ld_pseudo") || instruction.hasSuffix(" ll") ? 2 : 1
    }
}

extension Substring {
    fileprivate var trimmed: String {
        let end = lastIndex { $0 != " " }.map { index(after: $0) } ?? startIndex
        return String(self[..<end].drop { $0 == " " })
    }
}

/// The numbers of the helpers that the corpus calls (`enum bpf_func_id`, include/uapi/linux/bpf.h).
enum CorpusHelpers {
    static let numbers: [String: Int] = [
        "bpf_map_lookup_elem": 1, "bpf_map_update_elem": 2, "bpf_map_delete_elem": 3, "bpf_probe_read": 4,
        "bpf_ktime_get_ns": 5, "bpf_trace_printk": 6, "bpf_get_prandom_u32": 7, "bpf_get_smp_processor_id": 8,
        "bpf_skb_store_bytes": 9, "bpf_l3_csum_replace": 10, "bpf_tail_call": 12, "bpf_clone_redirect": 13,
        "bpf_get_current_pid_tgid": 14, "bpf_get_current_comm": 16, "bpf_redirect": 23, "bpf_perf_event_output": 25,
        "bpf_skb_load_bytes": 26, "bpf_get_stackid": 27, "bpf_csum_diff": 28, "bpf_skb_change_tail": 38,
        "bpf_skb_pull_data": 39, "bpf_skb_change_head": 43, "bpf_xdp_adjust_head": 44,
        "bpf_redirect_map": 51, "bpf_xdp_adjust_meta": 54, "bpf_override_return": 58,
        "bpf_xdp_adjust_tail": 65, "bpf_sk_lookup_tcp": 84, "bpf_sk_lookup_udp": 85, "bpf_sk_release": 86,
        "bpf_map_push_elem": 87, "bpf_map_pop_elem": 88, "bpf_spin_lock": 93, "bpf_spin_unlock": 94,
        "bpf_sk_fullsock": 95, "bpf_tcp_sock": 96, "bpf_probe_read_kernel": 113, "bpf_ringbuf_output": 130,
        "bpf_ringbuf_reserve": 131, "bpf_ringbuf_submit": 132, "bpf_ringbuf_discard": 133,
        "bpf_for_each_map_elem": 164, "bpf_loop": 181, "bpf_xdp_load_bytes": 189,
    ]
}

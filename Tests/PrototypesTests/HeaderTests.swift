import Foundation
import Prototypes
import Testing

/// The header that programs are compiled with, where it is installed.
enum KernelHeader {
    static let text = try? String(contentsOfFile: "/usr/include/linux/bpf.h", encoding: .utf8)
}

/// The tables beside the header that programs are compiled with. What only one of both knows is a matter of versions
/// and is not compared.
@Suite("The tables and linux/bpf.h", .enabled(if: KernelHeader.text != nil, "needs linux/bpf.h, which is not here"))
struct HeaderTests {
    private static func lines() throws -> [Substring] {
        try #require(KernelHeader.text).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The members of an enumeration that counts from 0, by name.
    private static func members(of name: String) throws -> [String: UInt32] {
        let lines = try lines()
        let start = try #require(lines.firstIndex { $0.hasPrefix("enum \(name) {") })
        let body = lines[(start + 1)...].prefix { !$0.hasPrefix("}") }
        var members: [String: UInt32] = [:]
        var next: UInt32 = 0
        for line in body {
            let words = line.split { " \t,".contains($0) }
            guard let first = words.first, first.hasPrefix("BPF_") else { continue }
            if words.count > 2, words[1] == "=" { next = members[String(words[2])] ?? UInt32(words[2]) ?? next }
            members[String(first)] = next
            next += 1
        }
        return members
    }

    @Test("helpers have the header's names under the header's numbers")
    func helperNames() throws {
        var known = 0
        // FN(name), the number its place; newer headers: FN(name, number, …).
        let entries = try Self.lines().compactMap { line -> [Substring]? in
            let text = line.drop { $0 == "\t" || $0 == " " }
            guard text.hasPrefix("FN(") else { return nil }
            return text.dropFirst(3).prefix { $0 != ")" }.split { ", ".contains($0) }
        }
        for (place, entry) in entries.enumerated() {
            let id = try entry.count > 1 ? #require(UInt32(entry[1])) : UInt32(place)
            guard id != 0, let row = HelperPrototype.row(id) else { continue }
            known += 1
            #expect("\(row.name)" == "bpf_\(entry[0])")
        }
        #expect(known > 150)
    }

    /// `long bpf_xxx(…)` of the header's comments: each helper's parameters, of all forms that it has.
    private static func prototypes() throws -> [String: [[String]]] {
        var prototypes: [String: [[String]]] = [:]
        for line in try lines() where line.hasPrefix(" * ") && line.hasSuffix(")") && !line.hasPrefix(" * \t") {
            guard let open = line.firstIndex(of: "("), let start = line.range(of: "bpf_") else { continue }
            guard start.lowerBound < open, line[..<open].contains(" ") else { continue }
            let name = String(line[start.lowerBound..<open])
            guard name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { continue }
            let parameters = line[line.index(after: open)...].dropLast().split(separator: ",")
                .map { $0.trimmingCharacters(in: .whitespaces) }
            prototypes[name, default: []].append(parameters == ["void"] ? [] : parameters)
        }
        return prototypes
    }

    @Test("helpers take as many arguments as the header's prototypes, pointers where they have pointers")
    func parameters() throws {
        let prototypes = try Self.prototypes()
        var compared = 0
        for row in HelperPrototype.all.dropFirst() {
            guard let forms = prototypes["\(row.name)"] else { continue }
            compared += 1
            for form in forms {
                let isVariadic = form.last == "..."
                let count = form.count - (isVariadic ? 1 : 0)
                #expect(
                    isVariadic ? row.arguments.used == 5 : row.arguments.used == count,
                    "\(row.name)(\(form.joined(separator: ", ")))")
                for index in 0..<min(count, row.arguments.used) {
                    let argument = row.arguments[index]
                    // Addresses of memory that is not the program's are numbers to a verifier.
                    let isForeign = form[index].contains("unsafe_ptr") || form[index].contains("user_ptr")
                    let isForeignTarget = row.id == 36 && index == 0
                    #expect(
                        argument.isPointer == (form[index].contains("*") && !isForeign && !isForeignTarget),
                        "\(row.name) argument \(index + 1): \(form[index])")
                }
            }
        }
        #expect(compared > 150)
    }

    @Test("the number behind memory is its size, and sizes stand nowhere else")
    func sizes() {
        for row in HelperPrototype.all {
            for index in 0..<5 {
                let isSize = row.arguments[index] == .size || row.arguments[index] == .sizeOrZero
                let isSized = index > 0 && row.arguments[index - 1].isSized
                #expect(isSize == isSized, "\(row.name) argument \(index + 1)")
            }
        }
    }

    @Test("program types have the header's names and numbers")
    func programTypes() throws {
        let members = try Self.members(of: "bpf_prog_type")
        let names = Dictionary(uniqueKeysWithValues: members.map { ($1, $0) })
        var known = 0
        for row in ProgramDescriptor.all {
            guard let name = names[row.linuxType] else { continue }
            known += 1
            #expect("BPF_PROG_TYPE_\("\(row.name)".uppercased())" == name)
        }
        #expect(known > 50)
        let rows = Set(ProgramDescriptor.all.map(\.linuxType))
        for (name, type) in members where name != "BPF_PROG_TYPE_UNSPEC" {
            #expect(rows.contains(type) || type > 32, "no row for \(name)")
        }
    }

    @Test("map types have the header's numbers")
    func mapTypes() throws {
        let members = try Self.members(of: "bpf_map_type")
        #expect(members.count > 25)
        func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
        // Spelt out here.
        let spellings = ["unspecified": "unspec", "programarray": "progarray"]
        for type in MapType.allCases {
            let spelling = plain("\(type)")
            let name = spellings[spelling] ?? spelling
            for (member, number) in members where plain(String(member.dropFirst("BPF_MAP_TYPE_".count))) == name {
                #expect(number == type.rawValue, "\(member)")
            }
            let isKnown = members.values.contains(type.rawValue)
            let isNamed = members.keys.contains { plain(String($0.dropFirst("BPF_MAP_TYPE_".count))) == name }
            #expect(isKnown == isNamed, "\(type)")
        }
    }

    @Test("attach types have the header's numbers")
    func attachTypes() throws {
        let members = try Self.members(of: "bpf_attach_type")
        let expected: [(section: String, member: String)] = [
            ("cgroup_skb/egress", "BPF_CGROUP_INET_EGRESS"), ("cgroup/sock_create", "BPF_CGROUP_INET_SOCK_CREATE"),
            ("cgroup/sock_release", "BPF_CGROUP_INET_SOCK_RELEASE"),
            ("cgroup/post_bind4", "BPF_CGROUP_INET4_POST_BIND"),
            ("cgroup/post_bind6", "BPF_CGROUP_INET6_POST_BIND"), ("cgroup/bind4", "BPF_CGROUP_INET4_BIND"),
            ("cgroup/bind6", "BPF_CGROUP_INET6_BIND"), ("cgroup/connect4", "BPF_CGROUP_INET4_CONNECT"),
            ("cgroup/connect6", "BPF_CGROUP_INET6_CONNECT"), ("cgroup/sendmsg4", "BPF_CGROUP_UDP4_SENDMSG"),
            ("cgroup/sendmsg6", "BPF_CGROUP_UDP6_SENDMSG"), ("cgroup/recvmsg4", "BPF_CGROUP_UDP4_RECVMSG"),
            ("cgroup/recvmsg6", "BPF_CGROUP_UDP6_RECVMSG"), ("cgroup/getpeername4", "BPF_CGROUP_INET4_GETPEERNAME"),
            ("cgroup/getpeername6", "BPF_CGROUP_INET6_GETPEERNAME"),
            ("cgroup/getsockname4", "BPF_CGROUP_INET4_GETSOCKNAME"),
            ("cgroup/getsockname6", "BPF_CGROUP_INET6_GETSOCKNAME"), ("sockops", "BPF_CGROUP_SOCK_OPS"),
            ("cgroup/dev", "BPF_CGROUP_DEVICE"), ("cgroup/sysctl", "BPF_CGROUP_SYSCTL"),
            ("cgroup/getsockopt", "BPF_CGROUP_GETSOCKOPT"), ("cgroup/setsockopt", "BPF_CGROUP_SETSOCKOPT"),
            ("sk_skb/stream_parser", "BPF_SK_SKB_STREAM_PARSER"), ("sk_skb/verdict", "BPF_SK_SKB_VERDICT"),
            ("sk_skb/stream_verdict", "BPF_SK_SKB_STREAM_VERDICT"), ("sk_msg", "BPF_SK_MSG_VERDICT"),
            ("sk_lookup", "BPF_SK_LOOKUP"), ("xdp", "BPF_XDP"), ("xdp/devmap", "BPF_XDP_DEVMAP"),
            ("xdp/cpumap", "BPF_XDP_CPUMAP"), ("tp_btf/x", "BPF_TRACE_RAW_TP"), ("fentry/x", "BPF_TRACE_FENTRY"),
            ("fexit/x", "BPF_TRACE_FEXIT"), ("fmod_ret/x", "BPF_MODIFY_RETURN"), ("lsm/x", "BPF_LSM_MAC"),
            ("iter/x", "BPF_TRACE_ITER"), ("lirc_mode2", "BPF_LIRC_MODE2"), ("flow_dissector", "BPF_FLOW_DISSECTOR"),
            ("sk_reuseport", "BPF_SK_REUSEPORT_SELECT"), ("perf_event", "BPF_PERF_EVENT"),
            ("sk_reuseport/migrate", "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE"), ("lsm_cgroup/x", "BPF_LSM_CGROUP"),
            ("kprobe.multi/x", "BPF_TRACE_KPROBE_MULTI"), ("struct_ops/x", "BPF_STRUCT_OPS"),
            ("tcx/ingress", "BPF_TCX_INGRESS"), ("tcx/egress", "BPF_TCX_EGRESS"), ("netfilter", "BPF_NETFILTER"),
        ]
        for (section, member) in expected {
            guard let number = members[member] else { continue }
            #expect(ProgramDescriptor.row(section: section)?.attachType == number, "\(section)")
        }
    }
}

extension HelperArgument {
    fileprivate var isSized: Bool {
        switch self {
        case .readableMemory, .readableMemoryOrNull, .updatedMemory, .updatedMemoryOrNull, .writableMemory,
            .writableMemoryOrNull, .keptMemory:
            true
        default: false
        }
    }
}

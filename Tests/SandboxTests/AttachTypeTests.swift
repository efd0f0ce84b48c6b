import Enclosure
import Prototypes
import Sandbox
import TestSupport
import Testing

/// Every attach type of Linux to which events are delivered: what a program of it is shown of an event that a person wrote, and what its results
/// are called.
@Suite("Attach types", .serialized)
struct AttachTypeTests {
    static let kinds = EnclosureKind.allCases.filter { KVM.isUsable || $0 != .guest }

    struct Attached: Sendable {
        var section: String
        var body: String
        var context = "struct bpf_sock_addr"
        var lines: [String]
        var verdicts: [String]
    }

    /// Four events of an address, and what lets them be told apart.
    private static func address(
        _ section: String, _ condition: String, _ lines: [String], _ verdicts: [String]
    ) -> Attached {
        Attached(section: section, body: "return \(condition);", lines: lines, verdicts: verdicts)
    }

    private static let buffer = "struct __sk_buff"
    private static let socket = "struct bpf_sock"
    private static let frame = "0202020202020303030303030800"
    /// Frames whose first byte is the result.
    private static func frames(_ first: [UInt8]) -> [String] {
        first.map { #"{"packet": "\#($0 < 16 ? "0" : "")\#(String($0, radix: 16))\#(frame.dropFirst(2))45"}"# }
    }
    private static let firstByte = """
        __u8 *data = (void *)(long)c->data, *end = (void *)(long)c->data_end;
        return data + 14 > end ? 2 : (__s8)data[0];
        """

    static let all: [Attached] = [
        address(
            "cgroup/bind4", "c->user_port == 0x5000 ? 0 : c->user_ip4 == 0x0100007f ? 3 : c->type == 2 ? 2 : 1",
            [#"{"user_port": "80"}"#, #"{"user_ip4": "127.0.0.1"}"#, #"{"type": 2}"#, "{}"],
            ["BIND deny", "BIND allow, any port", "BIND deny, any port", "BIND allow"]),
        address(
            "cgroup/bind6", "c->user_ip6[3] == 0x01000000 && c->user_ip6[0] == 0x80fe",
            [#"{"user_ip6": "fe80::1"}"#, #"{"user_ip6": [33022, 0, 0, 0]}"#], ["BIND allow", "BIND deny"]),
        address(
            "cgroup/connect4", "c->user_ip4 == 0x0403020a && c->protocol == 6 && c->family == 2",
            [#"{"user_ip4": "10.2.3.4", "protocol": 6, "family": 2}"#, "{}"], ["CONNECT allow", "CONNECT deny"]),
        address(
            "cgroup/connect6", "c->user_ip6[3] == 0x01000000 && c->user_port == 0xbb01",
            [#"{"user_ip6": "::1", "user_port": "443"}"#, #"{"user_ip6": "::1"}"#], ["CONNECT allow", "CONNECT deny"]),
        address(
            "cgroup/sendmsg4", "c->msg_src_ip4 == 0x0100000a",
            [#"{"msg_src_ip4": "10.0.0.1"}"#, #"{"msg_src_ip4": "10.0.0.2"}"#], ["SENDMSG allow", "SENDMSG deny"]),
        address(
            "cgroup/sendmsg6", "c->msg_src_ip6[3] == 0x02000000",
            [#"{"msg_src_ip6": "::2"}"#, "{}"], ["SENDMSG allow", "SENDMSG deny"]),
        address("cgroup/recvmsg4", "1", [#"{"user_ip4": "10.0.0.1"}"#], ["RECVMSG allow"]),
        address("cgroup/recvmsg6", "1", [#"{"user_ip6": "::1"}"#], ["RECVMSG allow"]),
        address("cgroup/getpeername4", "1", ["{}"], ["GETPEERNAME allow"]),
        address("cgroup/getpeername6", "1", ["{}"], ["GETPEERNAME allow"]),
        address("cgroup/getsockname4", "1", ["{}"], ["GETSOCKNAME allow"]),
        address("cgroup/getsockname6", "1", ["{}"], ["GETSOCKNAME allow"]),
        Attached(
            section: "cgroup/sock_create", body: "return c->family == 2 && c->type == 1;", context: socket,
            lines: [#"{"family": 2, "type": 1}"#, #"{"family": 10, "type": 1}"#],
            verdicts: ["SOCK_CREATE allow", "SOCK_CREATE deny"]),
        Attached(
            section: "cgroup/sock_release", body: "return c->protocol == 17;", context: socket,
            lines: [#"{"protocol": 17}"#, "{}"], verdicts: ["SOCK_RELEASE done", "SOCK_RELEASE done"]),
        Attached(
            section: "cgroup/post_bind4", body: "return c->src_ip4 == 0x0100007f && c->src_port == 8080;",
            context: socket,
            lines: [#"{"src_ip4": "127.0.0.1", "src_port": "8080"}"#, #"{"src_port": 8080}"#],
            verdicts: ["POST_BIND allow", "POST_BIND deny"]),
        Attached(
            section: "cgroup/post_bind6", body: "return c->src_ip6[3] == 0x01000000;", context: socket,
            lines: [#"{"src_ip6": "::1"}"#, "{}"], verdicts: ["POST_BIND allow", "POST_BIND deny"]),
        Attached(
            section: "sockops", body: "c->reply = 7; return c->op == 4 && c->remote_port == 0xbb010000;",
            context: "struct bpf_sock_ops",
            lines: [#"{"op": 4, "remote_port": "443"}"#, #"{"op": 5, "remote_port": "443"}"#],
            verdicts: ["SOCK_OPS reply", "SOCK_OPS refuse"]),
        Attached(
            section: "cgroup_skb/ingress", body: "return c->protocol == 0x0008 && c->len == 20;", context: buffer,
            lines: [#"{"packet": "4500000000000000000000000000000000000000"}"#, #"{"packet": "45"}"#],
            verdicts: ["INGRESS allow", "INGRESS deny"]),
        Attached(
            section: "cgroup_skb/egress", body: "return c->mark & 3;", context: buffer,
            lines: (0..<4).map { #"{"packet": "45", "mark": \#($0)}"# },
            verdicts: [
                "EGRESS deny", "EGRESS allow", "EGRESS deny, congestion", "EGRESS allow, congestion",
            ]),
        Attached(
            section: "tc", body: firstByte, context: buffer, lines: frames([0, 2, 4, 8, 255, 77]),
            verdicts: ["TC_ACT_OK", "TC_ACT_SHOT", "TC_ACT_STOLEN", "TC_ACT_TRAP", "TC_ACT_UNSPEC", "TC_ACT_UNSPEC"]),
        Attached(
            section: "tcx/ingress", body: firstByte, context: buffer, lines: frames([255, 0, 2, 9]),
            verdicts: ["TCX_NEXT", "TCX_PASS", "TCX_DROP", "TCX_NEXT"]),
        Attached(
            section: "tcx/egress", body: "return bpf_redirect(3, 0);", context: buffer, lines: frames([0]),
            verdicts: ["TCX_REDIRECT"]),
        Attached(
            section: "action", body: firstByte, context: buffer, lines: frames([0, 1, 2, 3, 255]),
            verdicts: ["TC_ACT_OK", "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE", "TC_ACT_UNSPEC"]),
        Attached(
            section: "xdp", body: firstByte, context: "struct xdp_md", lines: frames([0, 1, 2, 3, 4, 9]),
            verdicts: ["XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT", "XDP_ABORTED"]),
        Attached(
            section: "socket", body: "return c->len == 15 ? 4 : c->len == 14 ? 0 : -1;", context: buffer,
            lines: [#"{"packet": "\#(frame)45"}"#, #"{"packet": "\#(frame)"}"#, #"{"packet": "\#(frame)4500"}"#],
            verdicts: ["keep a part", "drop", "keep"]),
        Attached(
            section: "tp/syscalls/sys_exit_openat", body: "return ((long *)c)[2] < 0;", context: "void",
            lines: [#"{"id": 257, "ret": -2}"#, #"{"id": 257, "ret": 3}"#],
            verdicts: ["TRACEPOINT pass", "TRACEPOINT filter"]),
        Attached(
            section: "tracepoint/syscalls/sys_enter_kill", body: "return ((long *)c)[3] == 9;", context: "void",
            lines: [#"{"args": [1, 9]}"#, #"{"args": [1, 15]}"#], verdicts: ["TRACEPOINT pass", "TRACEPOINT filter"]),
        Attached(
            section: "raw_tp/sys_enter", body: "return c->args[1];", context: "struct bpf_raw_tracepoint_args",
            lines: [#"{"args": [0, 1]}"#, #"{"args": [0, 0]}"#],
            verdicts: ["RAW_TRACEPOINT done", "RAW_TRACEPOINT done"]),
        Attached(
            section: "raw_tracepoint/sys_exit", body: "return c->args[1] == -1;",
            context: "struct bpf_raw_tracepoint_args", lines: [#"{"args": [0, -1]}"#],
            verdicts: ["RAW_TRACEPOINT done"]),
    ]

    @Test("events arrive by the names of fields, verdicts go by theirs", arguments: kinds)
    func verdicts(in kind: EnclosureKind) throws {
        let fixture = try Fixture(kind)
        for attached in Self.all {
            var sandbox = try fixture.sandbox(
                """
                SEC("\(attached.section)") int f(\(attached.context) *c) { \(attached.body) }
                """)
            var lines = EventLines(sandbox.layout)
            var event = Event(context: sandbox.layout.emptyContext)
            var verdicts: [String] = []
            while try lines.next(in: Array(attached.lines.joined(separator: "\n").utf8), &event) {
                var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
                var context = sandbox.layout.emptyContext
                let result = try buffer.withUnsafeMutableBytes {
                    try sandbox.decide(event, into: $0, context: &context, time: 1)
                }
                #expect(result.failure == nil, "\(attached.section)")
                verdicts.append("\(sandbox.layout.shape.verdicts.rows[result.verdict].name)")
            }
            #expect(verdicts == attached.verdicts, "\(attached.section)")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// Supervised processes that others come to: what they bind to, wait for, accept, and receive.
@Suite("Supervised servers", .serialized)
struct SuperviseServerTests {
    /// Says that what comes from 127.0.0.3 and ::1 comes from 10.9.8.7:77 and fe80::1:77; denies what was bound to 127.0.0.2, and every port
    /// whose last bit is set.
    static let deciding = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "Dual MIT/GPL";
        SEC("cgroup/recvmsg4") int four(struct bpf_sock_addr *context)
        {
            if (context->user_ip4 != bpf_htonl(0x7f000003)) return 1;
            context->user_ip4 = bpf_htonl(0x0a090807);
            context->user_port = bpf_htons(77);
            return 1;
        }
        SEC("cgroup/recvmsg6") int six(struct bpf_sock_addr *context)
        {
            context->user_ip6[0] = bpf_htonl(0xfe800000);
            context->user_port = bpf_htons(77);
            return 1;
        }
        SEC("cgroup/post_bind4") int bound(struct bpf_sock *context)
        {
            if (context->src_ip4 == bpf_htonl(0x7f000002)) return 0;
            return context->src_port != 0 && !(context->src_port & 1);
        }
        SEC("cgroup/post_bind6") int bound6(struct bpf_sock *context)
        {
            return context->src_ip6[3] == bpf_htonl(1) && context->family == 10 && context->type == 2;
        }
        """

    /// For eBPF for Windows: connections from 127.0.0.5 and to others than this host are denied; who waits at 127.0.0.2 too.
    static let windows =
        WindowsPrograms.head + """
            SEC("cgroup/recv_accept4") int accept(bpf_sock_addr_t *context) {
                return context->family == 2 && context->msg_src_ip4 != 0x0500007f && context->user_ip4 == 0x0100007f &&
                       context->msg_src_port && context->user_port && context->protocol == 6;
            }
            SEC("cgroup/recv_accept6") int accept6(bpf_sock_addr_t *context) {
                return context->family == 23 && context->msg_src_ip6[3] == 0x01000000;
            }
            SEC("cgroup/listen4") int listen(bpf_sock_addr_t *context) {
                return context->user_ip4 != 0x0200007f && context->user_port;
            }
            SEC("bind") int name(bind_md_t *context) {
                uint16_t *app = (uint16_t *)context->app_id_start;
                if (context->operation == POST_BIND) return 1;
                if ((uint8_t *)(app + 9) > context->app_id_end || app[0] != 'r' || app[8] != 'e') return 1;
                if (context->socket_address_length != 16 || context->socket_address[0] != 2 || context->protocol != 6)
                    return 1;
                if (context->socket_address[7] == 2) return 1;
                if (context->socket_address[7] != 3) return 0;
                context->socket_address[7] = 1;
                return 2;
            }
            """

    @Test(
        "a message comes from whom a program says, by every call that asks, and is otherwise as it was",
        arguments: ["recvfrom", "recvmsg", "recvmmsg", "later"])
    func receiving(how: String) throws {
        let bench = try SuperviseBench(source: Self.deciding)
        let hooks = ["recvmsg4", "recvmsg6"]
        let control = how.hasPrefix("recvm") ? 1 : 0
        let rest = "count 10 text hello, you control \(control)\n"
        func receive(_ at: String, _ from: String) throws -> String {
            try bench.run([SuperviseBench.caller, "receive", at, from, how], at: hooks).output
        }
        #expect(try receive("127.0.0.1", "127.0.0.3") == "from 10.9.8.7 port 77 size 16 " + rest)
        #expect(try bench.counts("recvmsg4") == (1, 0, 1))
        let same = try receive("127.0.0.1", "127.0.0.4")
        #expect(same.hasPrefix("from 127.0.0.4 port ") && same.hasSuffix(rest), "\(same)")
        #expect(try receive("::1", "::1") == "from fe80::1 port 77 size 28 " + rest)
    }

    @Test(
        "what a socket would be bound to is asked about with the port that it would get, and not had if that is denied")
    func afterBinding() throws {
        let bench = try SuperviseBench(source: Self.deciding)
        func bind(_ address: String, _ port: String) throws -> String {
            try bench.run([SuperviseBench.caller, "bind", address, port], at: ["post_bind4"]).output
        }
        #expect(try bind("127.0.0.2", "0") == "error 1 at 0.0.0.0:0\n")
        #expect(try bind("127.0.0.1", "45671") == "error 1 at 0.0.0.0:0\n")
        #expect(try bind("127.0.0.1", "45672") == "error 0 at 127.0.0.1:45672\n")
        // Whichever port the kernel would choose: the program has seen it.
        var denied = 0
        for _ in 0..<12 {
            let ended = try bind("127.0.0.1", "0")
            if ended == "error 1 at 0.0.0.0:0\n" {
                denied += 1
            } else {
                let port = try #require(Int(ended.dropLast().split(separator: ":").last ?? ""))
                #expect(ended.hasPrefix("error 0 at 127.0.0.1:") && port % 2 == 0 && port > 0, "\(ended)")
            }
        }
        print("ports that were chosen and denied: \(denied) of 12")
        let six = try bench.run(
            [SuperviseBench.caller, "receive", "::1", "::1", "recvfrom"], at: ["post_bind6"])
        #expect(six.output.hasPrefix("from ::1 "), "\(six)")
        #expect(try bench.counts("post_bind6") == (2, 0, 0))
    }

    @Test(
        "a connection that a program denies is not had: its maker sees it end, and the next one is accepted",
        arguments: ["accept", "accept4", "later"])
    func accepting(how: String) throws {
        let bench = try SuperviseBench(source: Self.windows)
        let ended = try bench.run(
            [SuperviseBench.caller, "serve", "127.0.0.5", "127.0.0.6", how], at: ["recv_accept4"])
        let output =
            how == "later" ? try #require(ended.output.split(separator: " ", maxSplits: 2).last) : ended.output[...]
        // For one that is not waited for nothing is there while the first one is all that came.
        if how == "later" { #expect(ended.output.hasPrefix("later \(EAGAIN) ")) }
        #expect(output.hasPrefix("from 127.0.0.6 port "), "\(ended)")
        #expect(
            output.hasSuffix("size 16 ended 1 works 1 flags \(how == "accept4" ? 11 : 0)\n"), "\(ended)")
        #expect(try bench.counts("recv_accept4") == (2, 1, 0))
        let six = try bench.run([SuperviseBench.caller, "serve", "::1", "::1", "accept"], at: ["recv_accept6"])
        #expect(six.output.hasPrefix("from ::1 port ") && six.output.contains("size 28 ended 0"), "\(six)")
    }

    @Test("a socket on which waiting is denied does not wait")
    func listening() throws {
        let bench = try SuperviseBench(source: Self.windows)
        func listen(_ address: String) throws -> String {
            try bench.run([SuperviseBench.caller, "listen", address], at: ["listen4"]).output
        }
        #expect(try listen("127.0.0.1") == "error 0 listening 1\n")
        #expect(try listen("127.0.0.2") == "error 1 listening 0\n")
    }

    @Test("Windows' bind hook knows the application, denies names, gives others, and hears of what came of it")
    func windowsBinding() throws {
        let bench = try SuperviseBench(source: Self.windows)
        func bind(_ address: String) throws -> String {
            try bench.run([SuperviseBench.caller, "bind", address, "0"], at: ["bind"]).output
        }
        #expect(try bind("127.0.0.1").hasPrefix("error 0 at 127.0.0.1:"))
        // The name, and that it was had; to the second nobody can object.
        #expect(try bench.counts("bind") == (2, 0, 0))
        #expect(try bind("127.0.0.2") == "error 1 at 0.0.0.0:0\n")
        #expect(try bench.counts("bind") == (1, 1, 0))
        #expect(try bind("127.0.0.3").hasPrefix("error 0 at 127.0.0.1:"))
        #expect(try bench.counts("bind") == (2, 0, 1))
    }
}

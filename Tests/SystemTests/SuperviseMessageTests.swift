import Foundation
import TestSupport
import Testing

/// Messages that a supervised process sends: where they go is what programs decided, and what they carry arrives.
@Suite("Supervised messages", .serialized)
struct SuperviseMessageTests {
    /// Denies 127.0.0.2 and ::2, and sends what is for 127.0.0.3 and ::3 to 127.0.0.1 and ::1.
    static let deciding = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "Dual MIT/GPL";
        SEC("cgroup/sendmsg4") int four(struct bpf_sock_addr *context)
        {
            if (context->user_ip4 == bpf_htonl(0x7f000002)) return 0;
            if (context->user_ip4 == bpf_htonl(0x7f000003)) context->user_ip4 = bpf_htonl(0x7f000001);
            return 1;
        }
        SEC("cgroup/sendmsg6") int six(struct bpf_sock_addr *context)
        {
            if (context->user_ip6[3] == bpf_htonl(2)) return 0;
            if (context->user_ip6[3] == bpf_htonl(3)) context->user_ip6[3] = bpf_htonl(1);
            return 1;
        }
        """
    static let hooks = ["sendmsg4", "sendmsg6"]

    @Test(
        "sendto, sendmsg and sendmmsg go where programs say, IPv4 and IPv6, and are denied with EPERM",
        arguments: ["sendto", "sendmsg", "sendmmsg"])
    func addresses(how: String) throws {
        let bench = try SuperviseBench(source: Self.deciding)
        let count = how == "sendmmsg" ? 3 : 1
        for (at, allowed, denied, elsewhere, hook) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "sendmsg4"), ("::1", "::1", "::2", "::3", "sendmsg6"),
        ] {
            func send(_ to: String) throws -> String {
                try bench.run([SuperviseBench.caller, "send", how, at, to], at: Self.hooks).output
            }
            #expect(try send(allowed) == "error 0 sent \(count) arrived \(count)\n")
            #expect(try bench.counts(hook) == (count, 0, 0))
            #expect(try send(denied) == "error \(EPERM) sent 0 arrived 0\n")
            #expect(try bench.counts(hook) == (1, 1, 0))
            #expect(try send(elsewhere) == "error 0 sent \(count) arrived \(count)\n")
            #expect(try bench.counts(hook) == (count, 0, count))
        }
    }

    @Test("an address of IPv4 within one of IPv6 is one of IPv4")
    func mapped() throws {
        let bench = try SuperviseBench(source: Self.deciding)
        func send(_ to: String) throws -> String {
            try bench.run([SuperviseBench.caller, "send", "sendto", "127.0.0.1", to], at: Self.hooks).output
        }
        #expect(try send("::ffff:127.0.0.2") == "error \(EPERM) sent 0 arrived 0\n")
        #expect(try bench.counts("sendmsg4") == (1, 1, 0))
        #expect(try send("::ffff:127.0.0.3") == "error 0 sent 1 arrived 1\n")
    }

    @Test("an address that changes while its message is sent leads nowhere that was not allowed, 20,000 times")
    func race() throws {
        let bench = try SuperviseBench(source: Self.deciding)
        let ended = try bench.run(
            [SuperviseBench.caller, "send-race", "127.0.0.1", "127.0.0.2", "20000"], at: ["sendmsg4"])
        let numbers = SuperviseBench.numbers(ended)
        try #require(numbers.count == 4, "\(ended)")
        let (arrived, wrong, refused, other) = (numbers[0], numbers[1], numbers[2], numbers[3])
        #expect(wrong == 0 && other == 0)
        // Both addresses were met, or nothing was raced.
        #expect(arrived > 100 && refused > 100 && arrived + refused == 20_000)
    }

    @Test(
        "descriptors are handed over between local sockets as without a supervisor, by processes with threads too",
        arguments: ["alone", "threads"])
    func descriptors(how: String) throws {
        let bench = try SuperviseBench(source: Self.deciding)
        #expect(
            try bench.run([SuperviseBench.caller, "pass", how], at: Self.hooks).output == "error 0 works 1\n")
    }

    @Test("a stream arrives whole and in order, however large the parts that it is sent in")
    func stream() throws {
        let bench = try SuperviseBench(source: Self.deciding)
        #expect(try bench.run([SuperviseBench.caller, "stream"], at: Self.hooks).output == "same 1 status 0\n")
    }
}

import Enclosure
import PolicyCore
import Prototypes
import Sandbox
import Testing

@Suite("Events as lines")
struct EventLineTests {
    private static func layout(_ section: String) throws -> EventLayout {
        let row = try #require(ProgramDescriptor.row(section: section))
        return try #require(EventLayout(row, section: section))
    }

    private static func events(_ text: String, _ section: String) throws -> [Event] {
        let layout = try layout(section)
        var lines = EventLines(layout)
        var event = Event(context: layout.emptyContext)
        var events: [Event] = []
        while try lines.next(in: Array(text.utf8), &event) { events.append(event) }
        return events
    }

    private static func word(_ event: Event, _ offset: Int) -> UInt32 {
        event.context[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    @Test("each type that runs has a layout, whose fields lie within the context and apart")
    func layouts() throws {
        var count = 0
        for row in ProgramDescriptor.all where row.events != nil {
            let layout = try #require(EventLayout(row, section: "\(row.sections[0])"), "\(row.name)")
            count += 1
            #expect(layout.shape.isRecord || layout.contextSize <= 224)
            for field in layout.fields + layout.socketFields {
                #expect(field.range.upperBound <= layout.contextSize, "\(row.name) \(field.name)")
            }
            let verdicts = layout.shape.verdicts
            for result in [verdicts.closed, verdicts.open] {
                let index = verdicts.index(of: UInt64(UInt32(bitPattern: result)), packetSize: .max)
                #expect(verdicts.rows.indices.contains(index))
            }
        }
        #expect(count >= 25)
    }

    @Test("numbers are what the program reads, strings what the field means")
    func spelling() throws {
        let events = try Self.events(
            """
            {"user_ip4": "10.1.2.3", "user_port": "443", "protocol": 6, "sk": {"family": 2, "dst_port": "80"}}
            {"user_ip4": 50462986, "user_port": 47873, "protocol": "0x6", "pid": 7, "comm": "curl", "uid": 1000}

            {"user_port": 1, "type": -1}
            """, "cgroup/connect4")
        #expect(events.count == 3)
        for event in events[..<2] {
            #expect(Array(event.context[4..<8]) == [10, 1, 2, 3])
            #expect(Array(event.context[24..<28]) == [0x01, 0xBB, 0, 0])
            #expect(Self.word(event, 36) == 6)
        }
        // The socket lies behind the context of 72 bytes.
        #expect(Self.word(events[0], 72 + 4) == 2)
        #expect(Array(events[0].context[72 + 48..<72 + 52]) == [0, 80, 0, 0])
        #expect(events[0].identity == nil)
        #expect(events[1].identity?.process == 7)
        #expect(events[1].identity?.thread == 7)
        #expect(events[1].identity?.user == 1000)
        #expect(Self.word(events[2], 32) == 0xFFFF_FFFF)
        let six = try Self.events(
            #"{"user_ip6": "2001:db8::1:10.0.0.1", "sk": {}}"# + "\n" + #"{"user_ip6": [1, 2, 3, 4]}"#,
            "cgroup/connect6")
        #expect(
            Array(six[0].context[8..<24]) == [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 1, 10, 0, 0, 1])
        #expect((0..<4).map { Self.word(six[1], 8 + 4 * $0) } == [1, 2, 3, 4])
        let call = try Self.events(#"{"id": 257, "args": [1, 2, -1]}"#, "tp/syscalls/sys_enter_openat")
        #expect(Self.word(call[0], 8) == 257)
        #expect(Self.word(call[0], 16) == 1)
        #expect(Array(call[0].context[32..<40]) == [UInt8](repeating: 255, count: 8))
        let packet = try Self.events(#"{"packet": "45000014", "mark": 5}"#, "cgroup_skb/egress")
        #expect(packet[0].packet == [0x45, 0, 0, 0x14])
        #expect(Self.word(packet[0], 0) == 4)
        #expect(Self.word(packet[0], 8) == 5)
        #expect(Self.word(packet[0], 16) == 8)
    }

    @Test(
        "what is wrong is named: the line, the field, and what was expected",
        arguments: [
            ("[]", nil, .expected("an object: {\"field\": value, …}")),
            (#"{"user_ip4": "10.0.0"}"#, "user_ip4", .expected("an IPv4 address such as \"10.0.0.1\"")),
            (#"{"user_ip4": "10.0.0.01"}"#, "user_ip4", .expected("an IPv4 address such as \"10.0.0.1\"")),
            (#"{"user_port": "70000"}"#, "user_port", .expected("a port such as \"443\"")),
            (#"{"protocol": 4294967296}"#, "protocol", .expected("a number of 32 bits")),
            (#"{"protocol": -2147483649}"#, "protocol", .expected("a number of 32 bits")),
            (#"{"protocol": "6"}"#, "protocol", .expected("a number of 32 bits: digits, or \"0x…\"")),
            (#"{"protocol": []}"#, "protocol", .expected("a number of 32 bits")),
            (#"{"packet": "00"}"#, "packet", .contradiction("events of this type have no packet")),
            (#"{"comm": "sixteen-bytes-at"}"#, "comm", .expected("a name of at most 15 bytes")),
            (#"{"sk": {"mark": "x"}}"#, "sk.mark", .expected("a number of 32 bits: digits, or \"0x…\"")),
            (#"{"sk": 1}"#, "sk", .expected("an object with fields of struct bpf_sock")),
            (#"{"pid": 1.5}"#, nil, .json(JSONError(problem: .expected("an integer"), offset: 9))),
            (#"{"pid": 1, "pid": 2}"#, nil, .json(JSONError(problem: .duplicateName, offset: 11))),
            (#"{"pid": 01}"#, nil, .json(JSONError(problem: .expected("digits"), offset: 10))),
            ("{", nil, .json(JSONError(problem: .expected("a name in quotes"), offset: 1))),
        ] as [(String, String?, EventLineError.Problem)])
    func refusals(text: String, field: String?, problem: EventLineError.Problem) throws {
        do {
            _ = try Self.events("{}\n" + text + "\n", "cgroup/connect4")
            Issue.record("it was taken")
        } catch let error as EventLineError {
            #expect(error == EventLineError(line: 2, field: field, problem: problem))
        }
    }

    @Test("an unknown field is refused with those that there are")
    func unknown() throws {
        do {
            _ = try Self.events(#"{"user_ip6": 1}"#, "cgroup/connect4")
            Issue.record("it was taken")
        } catch let error as EventLineError {
            guard case .unknownField(let known) = error.problem else { throw error }
            #expect(error.field == "user_ip6")
            #expect(known.contains("user_ip4") && known.contains("sk") && known.contains("pid"))
            #expect(!known.contains("user_ip6"))
        }
        #expect(throws: EventLineError.self) { try Self.events(#"{"packet": "0"}"#, "tc") }
        #expect(throws: EventLineError.self) { try Self.events(#"{"packet": "0g"}"#, "tc") }
        #expect(throws: EventLineError.self) { try Self.events(#"{"cb": [1, 2, 3, 4, 5, 6]}"#, "tc") }
    }

    @Test("random bytes are an error or an event, and nothing else")
    func noise() throws {
        var state: UInt64 = 0x1234_5678
        let pieces = [
            "{", "}", "\"user_ip4\"", ":", "1", ",", "\"10.0.0.1\"", "[", "]", "-", "\"sk\"", "\n", " ", "\u{0}", "\"",
            "\\u00",
            "\"pid\"", "99999999999999999999", "\"packet\"", "true",
        ]
        var refused = 0
        var taken = 0
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<(2 + state >> 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            do {
                taken += try Self.events(text, "cgroup/connect4").isEmpty ? 0 : 1
            } catch is EventLineError { refused += 1 }
        }
        #expect(refused > 10_000)
        #expect(try Self.events(#"{"user_ip4": "10.0.0.1"}"#, "cgroup/connect4").count == 1)
    }

    @Test("addresses are read strictly")
    func addresses() {
        for text in ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "fe80::1:2", "::ffff:1.2.3.4"] {
            #expect(NetworkAddress.ipv6(text)?.count == 16, "\(text)")
        }
        for text in [
            "", ":", ":::", "1:2", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "::1.2.3", "1.2.3.4::", ":1::",
        ] {
            #expect(NetworkAddress.ipv6(text) == nil, "\(text)")
        }
        for text in ["1.2.3", "1.2.3.4.5", "256.1.1.1", "+1.2.3.4", "1..2.3", "", "01.2.3.4"] {
            #expect(NetworkAddress.ipv4(text) == nil, "\(text)")
        }
    }
}

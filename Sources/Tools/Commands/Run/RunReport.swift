internal import Channel
internal import CommandSupport
internal import Maps
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// Everything that `ringfence run` says at its end.
struct RunReport: Encodable {
    let object: String
    let objectDigest: String
    let program: String
    let section: String
    let programDigest: String
    /// Programs in which this one may go on, by tail calls.
    let members: [MemberRecord]
    let imageDigest: String
    let decision: DecisionRecord
    /// What the verifier said; nil where it was not asked.
    let verification: VerificationSummary?
    /// `/dev/kvm` of this host, and the module behind it.
    let kvm: String
    let verdicts: [String: UInt64]
    let packets: UInt64
    let changedPackets: UInt64
    /// Events whose context the program changed.
    let changedContexts: UInt64
    /// By interface, how many packets were redirected to it.
    let redirected: [String: UInt64]
    /// Places in the written capture of the packets that were sent back, counted from 1.
    let transmitted: [UInt64]
    let eventsPerSecond: UInt64
    let nanoseconds: UInt64
    let firstVerdictNanoseconds: UInt64
    /// Nil where the program is proven to end, so that nobody counted.
    let instructions: UInt64?
    let latency: LatencySummary
    let programFaults: UInt64
    let cellFailures: UInt64
    let failures: [FailureRecord]
    /// What another tier made of the same events; nil where none was asked.
    let shadow: ShadowReport?
    let log: [String]
    /// How many records the program handed out, the first of them, and for how many, as the cells say, there was no room.
    let recordCount: UInt64
    let records: [RecordLine]
    let claimedLostRecords: UInt64
    /// How often a ring held what no sound cell leaves, and was emptied.
    let corruptRings: UInt64
    /// What the present cell says that it had no room for.
    let claimedLogDrops: UInt64
    /// Maps of the object that its directory does not keep, and why.
    let mapsNotKept: [String: String]
    let maps: [MapDump]
    let processes: [ProcessReport]

    /// In the order of the table, which JSON has no room for.
    private let names: [String]
    private let unit: String
    private let hasPackets: Bool
    private let hasWritableContext: Bool

    /// Everything but what only the text needs.
    private enum CodingKeys: String, CodingKey {
        case object, objectDigest, program, section, programDigest, members, imageDigest, decision, verification, kvm
        case verdicts
        case packets, changedPackets, changedContexts, redirected, transmitted, eventsPerSecond, nanoseconds
        case firstVerdictNanoseconds, instructions, latency, programFaults, cellFailures, failures, shadow, log
        case recordCount, records, claimedLostRecords, corruptRings, claimedLogDrops, mapsNotKept, maps, processes
    }

    struct FailureRecord: Encodable {
        let packet: UInt64
        let what: String
    }

    /// One of the programs that a tail call may lead to.
    struct MemberRecord: Encodable {
        let program: String
        let section: String
        let programDigest: String
        let verification: VerificationSummary?
    }

    init(
        object: String, loaded: LoadedObject, kvm: String, permit: borrowing Permit, mode: ExecutionMode,
        result: EventRun.Result, _ layout: EventLayout, unit: String, shadowFile: String,
        notKept: [(name: String, reason: String)], maps: [MapContents],
        processes: [ProcessReport]
    ) {
        self.object = object
        objectDigest = "sha256:\(loaded.digest)"
        program = permit.program.program.name
        section = permit.program.program.section
        programDigest = permit.program.identity.digest.value.map { "\($0)" } ?? "unknown"
        members = permit.program.members.dropFirst().map { member in
            MemberRecord(
                program: member.program.name, section: member.program.section,
                programDigest: member.identity.digest.value.map { "\($0)" } ?? "unknown",
                verification: VerificationSummary(member, mode))
        }
        imageDigest = "sha256:\(Sandbox.imageDigest)"
        decision = DecisionRecord(permit.decision)
        verification = VerificationSummary(permit.program.members[0], mode)
        self.kvm = kvm
        names = layout.shape.verdicts.rows.map { "\($0.name)" }
        self.unit = unit
        hasPackets = layout.shape.packet.isOfLink
        hasWritableContext = !layout.writable.isEmpty
        verdicts = Dictionary(uniqueKeysWithValues: zip(names, result.verdicts))
        packets = result.packets
        changedPackets = result.changed
        changedContexts = result.changedContexts
        redirected = Dictionary(uniqueKeysWithValues: result.redirected.map { ("\($0.key)", $0.value) })
        transmitted = result.transmitted
        nanoseconds = result.nanoseconds
        eventsPerSecond =
            result.nanoseconds == 0
            ? 0 : UInt64(Double(result.packets) / Double(result.nanoseconds) * 1_000_000_000)
        firstVerdictNanoseconds = result.firstVerdictNanoseconds
        instructions = mode.countsFuel ? result.statistics.instructions : nil
        latency = result.latency.summary
        programFaults = result.statistics.programFaults
        cellFailures = result.statistics.cellFailures
        failures = result.failures.map { FailureRecord(packet: $0.packet, what: $0.1.sentence(in: permit.program)) }
        shadow = result.shadow.map { ShadowReport($0, result, file: shadowFile, permit.program) }
        log = result.log
        recordCount = result.statistics.records
        records = result.records
        claimedLostRecords = result.statistics.claimedLostRecords
        corruptRings = result.statistics.corruptRings
        claimedLogDrops = result.statistics.claimedLogDrops
        mapsNotKept = Dictionary(notKept.map { ($0.name, $0.reason) }) { first, _ in first }
        self.maps = maps.map(MapDump.init)
        self.processes = processes
    }

    /// For people.
    func text(for terminal: Terminal) -> String {
        var parts: [String] = []
        var facts = Table(.left(), .left())
        facts.add("decision", Table.Cell("\(decision.outcome): \(decision.reason)", .good))
        facts.add(
            "policy",
            Table.Cell(decision.bases.map { "\($0.id) v\($0.version)  sha256:\($0.sha256)" }.joined(separator: ", ")))
        facts.add("object", Table.Cell("\(object)  \(objectDigest)"))
        facts.add("program", Table.Cell("\(program) (section \(section))  \(programDigest)"))
        if let verification {
            facts.add(
                "verifier", Table.Cell(verification.sentence, verification.execution == "checked" ? .warning : .good))
        }
        for member in members {
            facts.add(
                "goes on in", Table.Cell("\(member.program) (section \(member.section))  \(member.programDigest)"))
            if let verification = member.verification {
                facts.add(
                    "", Table.Cell(verification.sentence, verification.execution == "checked" ? .warning : .good))
            }
        }
        facts.add("image", Table.Cell(imageDigest))
        facts.add("KVM", Table.Cell(kvm, .good))
        parts.append(facts.text(for: terminal))

        var verdictTable = Table(.left("verdict"), .right(unit), .right("share"))
        for name in names {
            let count = verdicts[name] ?? 0
            verdictTable.add(
                Table.Cell(name), Table.Cell(Quantity.grouped(count)),
                Table.Cell(Quantity.share(count, of: packets)))
        }
        verdictTable.addRule()
        verdictTable.add("all", Table.Cell(Quantity.grouped(packets)), "")
        if hasPackets { verdictTable.add("changed by the program", Table.Cell(Quantity.grouped(changedPackets)), "") }
        if hasWritableContext, changedContexts > 0 || !hasPackets {
            verdictTable.add("context changed", Table.Cell(Quantity.grouped(changedContexts)), "")
        }
        parts.append(verdictTable.text(for: terminal))
        if !transmitted.isEmpty {
            let first = transmitted.prefix(8).map { "\($0)" }.joined(separator: ", ")
            parts.append("XDP_TX in the written capture: packets \(first)\(transmitted.count > 8 ? ", …" : "")\n")
        }

        for (interface, count) in redirected.sorted(by: { $0.key < $1.key }) {
            parts.append("redirected to interface \(interface): \(Quantity.grouped(count)) packets\n")
        }

        var speed = Table(.left(), .left())
        speed.add("events per second", Table.Cell(Quantity.grouped(eventsPerSecond)))
        speed.add(
            "per event",
            Table.Cell(
                "p50 \(Quantity.duration(nanoseconds: latency.p50)), p99 \(Quantity.duration(nanoseconds: latency.p99)), "
                    + "max \(Quantity.duration(nanoseconds: latency.maximum))"))
        speed.add("instructions", Table.Cell(instructions.map { Quantity.grouped($0) } ?? "not counted"))
        if programFaults > 0 { speed.add("program faults", Table.Cell(Quantity.grouped(programFaults), .bad)) }
        if cellFailures > 0 { speed.add("cells replaced", Table.Cell(Quantity.grouped(cellFailures), .bad)) }
        if claimedLogDrops > 0 { speed.add("log lines dropped", Table.Cell(Quantity.grouped(claimedLogDrops))) }
        if recordCount > 0 { speed.add("records", Table.Cell(Quantity.grouped(recordCount))) }
        if claimedLostRecords > 0 {
            speed.add("records without room", Table.Cell(Quantity.grouped(claimedLostRecords), .bad))
        }
        if corruptRings > 0 { speed.add("corrupt rings", Table.Cell(Quantity.grouped(corruptRings), .bad)) }
        if let shadow { speed.add("shadow", shadow.cell) }
        parts.append(speed.text(for: terminal))
        if let shadow, !shadow.first.isEmpty {
            parts.append(
                "first differences:\n" + shadow.first.map { "  \(unit.dropLast()) \($0.packet): \($0.what)\n" }.joined()
            )
        }

        parts.append(ProcessReport.table(processes).text(for: terminal))
        if !failures.isEmpty {
            parts.append(
                "first failures:\n" + failures.map { "  \(unit.dropLast()) \($0.packet): \($0.what)\n" }.joined())
        }
        if !records.isEmpty { parts.append("first records:\n" + records.map { "  \($0.sentence)\n" }.joined()) }
        if !log.isEmpty { parts.append("log:\n" + log.map { "  \($0)\n" }.joined()) }
        if !mapsNotKept.isEmpty {
            parts.append(
                "begin anew with each run:\n"
                    + mapsNotKept.sorted { $0.key < $1.key }.map { "  \(Printable.text($0.key)): \($0.value)\n" }
                    .joined())
        }
        parts += maps.map { $0.text(for: terminal) }
        return parts.joined(separator: "\n")
    }
}

extension MapContents {
    /// The program that an element of an array of programs stands for.
    fileprivate func program(of element: Element) -> String? {
        guard !programs.isEmpty, let value = element.values.first else { return nil }
        let number = value.reversed().reduce(0) { $0 << 8 | Int($1) }
        return number == 0 ? nil : number <= programs.count ? programs[number - 1] : "no program: \(number)"
    }
}

extension MapDump {
    init(_ contents: MapContents) {
        self.init(
            name: contents.name, type: "\(linuxNameOfMapType(contents.descriptor.type))",
            capacity: Int(contents.descriptor.maximumEntries),
            entries: contents.elements.map { element in
                Entry(key: element.key, values: element.values, program: contents.program(of: element))
            }, filterBits: contents.filterBits)
    }
}

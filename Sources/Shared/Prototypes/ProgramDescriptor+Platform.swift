/// What a program of one type can rely on, written down: everything that changes what its instructions mean, in an order that does not
/// change. A digest of it is the fact `platform` of policies, as eBPF for Windows has a hash of program information: a permit that names
/// it does not let a program run on an engine that would read the same bytes otherwise.
///
/// What does not change a program's meaning is not in it: which sections claim the row, and rows of other types.
extension ProgramDescriptor {
    /// - Parameters:
    ///   - verifier: the version of the verifier, whose proof is of this meaning and no other.
    ///   - helper: the row of a number; nil where there is none.
    ///   - traits: what a verifier knows of a type of maps.
    ///   - objects: what programs see behind pointers.
    package func platformText(
        verifier: UInt32, helper: (UInt32) -> HelperPrototype? = { HelperPrototype.row($0) },
        traits: (MapType) -> MapTraits = { $0.traits }, objects: [ContextDescriptor] = ObjectLayout.all
    ) -> String {
        var lines = ["ringfence-platform/v1", "verifier \(verifier)", line]
        lines += context.lines
        for id in UInt32(0)..<256 where helpers.contains(id) {
            lines.append(helper(id)?.line(in: self) ?? "helper \(id) unknown")
        }
        for object in objects { lines += object.lines }
        for type in MapType.allCases { lines.append(traits(type).line(of: type)) }
        lines += events?.lines ?? ["events none"]
        return lines.joined(separator: "\n")
    }

    private var line: String {
        let flags = [
            (mayLeakAddresses, "leaks"), (mayWritePacket, "writes-packet"), (mayPassPacket, "passes-packet"),
            (isPacketPlain, "plain-packet"), (hasClassicLoads, "classic-loads"), (maySleep, "sleeps"),
        ].filter(\.0).map(\.1)
        let results = results.map { "\($0.lowerBound)...\($0.upperBound)" } ?? "any"
        return "type \(name) \(linuxType) attach \(attachType) results \(results) \(flags.joined(separator: ","))"
    }
}

extension ContextDescriptor {
    fileprivate var lines: [String] {
        ["structure \(name) \(size)"]
            + fields.map { field in
                "field \(field.name) \(field.offset) \(field.size) \(field.meaning)"
                    + (field.isWritable ? " writable" : "") + (field.isNarrowable ? " narrowable" : "")
            }
    }
}

extension HelperPrototype {
    /// With what its arguments are in programs of a type, and whether anything is there to be called.
    fileprivate func line(in program: ProgramDescriptor) -> String {
        let arguments = arguments(in: program)
        var line = "helper \(id) \(name) \(result)("
        line += arguments.indices.map { "\(arguments[$0])" }.joined(separator: ",")
        line += ") traits \(traits.rawValue) maps \(maps.rawValue)"
        if let callback {
            line +=
                " calls \(callback) \(callback.argumentCount) \(callback.results.lowerBound)...\(callback.results.upperBound)"
        }
        return line + (Self.refusal(id, in: program).map { " refused \($0)" } ?? "")
    }
}

extension MapTraits {
    fileprivate func line(of type: MapType) -> String {
        let flags = [
            (isArray, "array"), (isPerCPU, "per-cpu"), (isReadOnly, "read-only"), (takesSockets, "sockets"),
            (mayHoldLock, "lock"), (mayHoldTimer, "timer"), (hasDirectValues, "direct"),
        ].filter(\.0).map(\.1)
        let key = keySize.map { "\($0)" } ?? "any"
        return "map \(type.rawValue) \(type) lookup \(lookup) key \(key) \(flags.joined(separator: ","))"
    }
}

extension EventShape {
    fileprivate var lines: [String] {
        let packet =
            switch packet {
            case .none: "none"
            case .link: "link"
            case .network: "network"
            case .text(let name, let form): "text \(name) \(form)"
            }
        let rule =
            switch verdicts.rule {
            case .listed(let otherwise): "listed otherwise \(otherwise)"
            case .length: "length"
            case .ignored: "ignored"
            }
        let exemption = verdicts.exemption.map { " exempt \($0.offset) \($0.value) \($0.row)" } ?? ""
        return [
            "events packet \(packet) buffer \(buffer)\(isRecord ? " record" : "")"
                + (hidden.map { " hidden \($0)" } ?? "") + (memory.map { " memory \($0)" } ?? ""),
            "verdicts \(rule) closed \(verdicts.closed) open \(verdicts.open)\(exemption)",
        ] + verdicts.rows.map { "verdict \($0.result) \($0.fate) \($0.name)" }
    }
}

extension ObjectLayout {
    /// Everything that programs see behind pointers.
    package static let all = [socket, sockCommon, tcpSocket, flowKeys, flowKeyFields]
}

internal import ProgramPackage
internal import Prototypes

/// An error as it was found: where, and in which state.
struct PendingFinding {
    var finding: Finding
    var node: Int32
    var register: Int?
    var isMerged: Bool
}

/// Saying what is wrong.
extension Analysis {
    /// Notes an error, the first at each instruction. While bounds of loops are being looked for nothing is noted: what fails
    /// there may hold once they are found.
    mutating func report(
        _ kind: Finding.Kind, _ pc: Int, _ state: State, _ text: String,
        _ register: Int? = nil, hint: Finding.Hint = .none
    ) {
        guard isChecking, pending.count < Self.maximumFindings, reported.insert(pc).inserted else { return }
        var finding = Finding(kind, at: pc, text)
        finding.hint = hint
        if let register, register <= 10 {
            finding.facts.append(.init(pc, "r\(register) is \(describe(state.registers[register]))"))
        }
        pending.append(
            PendingFinding(finding: finding, node: state.node, register: register, isMerged: state.isMerged))
    }

    /// More than this tells nobody more.
    static var maximumFindings: Int { 64 }

    /// Whether a register holds something; where it does not, that is said, and it counts as an unknown number from here on.
    @inline(__always) mutating func requireInitialised(
        _ register: Int, _ pc: Int, _ state: inout State, hint: Finding.Hint = .initialiseRegister
    ) -> Bool {
        if state.registers[register].kind != .unusable { return true }
        reportGone(register, pc, &state, hint)
        return true
    }

    private mutating func reportGone(_ register: Int, _ pc: Int, _ state: inout State, _ hint: Finding.Hint) {
        switch Gone(rawValue: state.registers[register].identity) ?? .unset {
        case .unset:
            report(
                .uninitialisedRegister, pc, state, "uses r\(register), which is not set on every way to here",
                hint: hint)
        case .stalePacket:
            report(
                .notAPointer, pc, state,
                "uses r\(register), an address in the packet of before a call that may have moved the packet", register,
                hint: .packetPointersAfterHelper)
        case .released:
            report(
                .notAPointer, pc, state, "uses r\(register), which points to something that was given back before",
                register, hint: .releaseOnEveryPath)
        case .deadFrame:
            report(
                .notAPointer, pc, state,
                "uses r\(register), an address in the frame of a function that has returned", register)
        }
        state.registers[register] = .unknown
    }

    /// A value in words.
    func describe(_ value: Value) -> String {
        let offset = offsetText(value)
        let text: String
        switch value.kind {
        case .unusable: text = "not set"
        case .scalar: text = numberText(value.number)
        case .tainted: text = "a number made of an address"
        case .context: text = "a pointer to the context\(offset)"
        case .stack:
            text =
                value.frame == 0
                ? "a pointer to the stack\(offset)" : "a pointer to the stack of call \(value.frame)\(offset)"
        case .packet: text = "a pointer to the packet\(offset)"
        case .packetEnd: text = "the end of the packet\(offset)"
        case .packetLow: text = "the low half of a pointer to the packet\(offset)"
        case .packetMeta: text = "a pointer to the metadata\(offset)"
        case .map: text = "map '\(subject.maps[Int(value.identity)].name)'"
        case .mapValue: text = "a pointer to a value of map '\(subject.maps[Int(value.identity)].name)'\(offset)"
        case .memory: text = "a pointer to \(value.extent) reserved bytes\(offset)"
        case .socket:
            text = "a pointer to \((SocketLayout(rawValue: value.frame) ?? .common).descriptor.name)\(offset)"
        case .kernelObject: text = "an object of the kernel\(offset)"
        case .function: text = "the function at instruction \(value.identity)"
        }
        return value.isNullable ? "\(text), or 0" : text
    }

    private func offsetText(_ value: Value) -> String {
        guard value.isPointer else { return "" }
        if value.number.isConstant { return value.constant == 0 ? "" : " at offset \(value.constant)" }
        guard let offsets = value.offsets else { return " at an unknown offset" }
        return " at an offset from \(offsets.lowerBound) to \(offsets.upperBound)"
    }

    private func numberText(_ number: Scalar) -> String {
        if let known = number.constant {
            return known > UInt64(Int64.max) ? "\(Int64(bitPattern: known))" : "\(known)"
        }
        if number.isUnknown { return "an unknown number" }
        if number.unsignedMaximum != .max || number.unsignedMinimum != 0,
            number.signedMinimum >= 0 || number.unsignedMinimum > 0
        {
            return "a number from \(number.unsignedMinimum) to \(number.unsignedMaximum)"
        }
        return "a number from \(number.signedMinimum) to \(number.signedMaximum)"
    }
}

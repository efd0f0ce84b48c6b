internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Packet loads of classic BPF (BPF_LD with BPF_ABS or BPF_IND, RFC 9669 section 5.5), which the engines do not execute: programs
/// with them are judged like others, and refused by name when they are to run.
struct ClassicLoad {
    /// Bytes of the load.
    let size: UInt8
    /// The register that is added to the offset; nil for BPF_ABS.
    let source: UInt8?

    init?(_ slot: Slot) {
        // Class BPF_LD, mode BPF_ABS or BPF_IND, size BPF_W, BPF_H or BPF_B.
        guard slot.opcode & 0x07 == 0, slot.offset == 0, slot.destination == 0 else { return nil }
        switch slot.opcode & 0xE0 {
        case 0x20 where slot.source == 0: source = nil
        case 0x40 where slot.source <= 10: source = slot.source
        default: return nil
        }
        switch slot.opcode & 0x18 {
        case 0x00: size = 4
        case 0x08: size = 2
        case 0x10: size = 1
        default: return nil
        }
    }

    /// What the decoder is shown in place of such a load, so that all the rest of the program is held against the rules.
    static let placeholder = Slot(opcode: 0xB4, destination: 0, source: 0, offset: 0, immediate: 0)
}

extension Analysis {
    /// R6 must be the context; R0 becomes what was loaded, or the program ends with 0 where the packet is too short.
    mutating func classicLoad(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        if !subject.descriptor.hasClassicLoads {
            report(
                .invalidProgram, pc, state,
                "a packet load of classic BPF, which programs of type \(subject.descriptor.name) do not have")
        }
        if requireInitialised(6, pc, &state), state.registers[6].kind != .context || state.registers[6].constant != 0 {
            report(
                .helperArgument, pc, state,
                "loads from the packet with \(describe(state.registers[6])) in r6, where it takes the context", 6)
        }
        if form.usesImmediate == false, requireInitialised(Int(instruction.source), pc, &state) {
            let offset = state.registers[Int(instruction.source)]
            if !offset.isNumber {
                report(
                    .helperArgument, pc, state, "loads from the packet at an offset that is \(describe(offset))",
                    Int(instruction.source))
            }
        }
        if let reference = state.references.first {
            report(
                .unreleasedReference, pc, state,
                "may end here without giving back what the call at instruction \(reference >> 8) acquired",
                hint: .releaseOnEveryPath)
        }
        if state.depth > 0 || state.cells.last?.key == Place.lock {
            report(.unsupported, pc, state, "a packet load of classic BPF ends the program, which cannot be from here")
        }
        for register in 0...5 { state.registers[register] = .unusable }
        state.registers[0] = .scalar(.low(bits: UInt64(form.size) * 8))
    }
}

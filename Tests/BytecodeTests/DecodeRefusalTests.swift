import Bytecode
import BytecodeText
import Testing

private let exit = Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0)

private func slot(
    _ opcode: UInt8, _ destination: UInt8 = 0, _ source: UInt8 = 0, _ offset: Int16 = 0, _ immediate: Int32 = 0
) -> Slot {
    Slot(opcode: opcode, destination: destination, source: source, offset: offset, immediate: immediate)
}

@Suite("Decoding refuses by name what RFC 9669 leaves undefined")
struct DecodeRefusalTests {
    @Test("an opcode without a meaning is unknown, legacy or indirect, at its index")
    func opcodes() {
        let defined = Set(Operation.allCases.map(\.encoding.opcode))
        for opcode in UInt8.min...UInt8.max where !defined.contains(opcode) {
            let expected: DecodeError =
                switch opcode {
                case 0x20, 0x28, 0x30, 0x38, 0x40, 0x48, 0x50, 0x58: .legacyPacketAccess(index: 1, opcode: opcode)
                case 0x8d: .indirectCall(index: 1)
                default: .unknownOpcode(index: 1, opcode: opcode)
                }
            #expect(throws: expected) {
                try Instruction.decode([slot(0xb7), slot(opcode, 1, 2, 3, 4), exit])
            }
        }
        #expect(defined.count == 120)
    }

    @Test("a field that an operation does not use must be zero", arguments: Operation.decodable)
    func reservedFields(operation: Operation) throws {
        let encoding = operation.encoding
        var program = [Instruction(operation)]
        if encoding.occupiesTwoSlots { program.append(Instruction(.wideImmediateTail)) }
        program.append(Instruction(.exit))
        let good = try Instruction.encode(program)
        #expect(try Instruction.decode(good) == program)

        var bad = good
        if encoding.destination == .unused {
            for number in UInt8(1)...15 {
                bad[0].registers = good[0].registers | number
                #expect(throws: DecodeError.reservedField(index: 0, field: .destination, value: Int(number))) {
                    try Instruction.decode(bad)
                }
            }
        }
        bad = good
        if encoding.source == .unused {
            for number in UInt8(1)...15 {
                bad[0].registers = good[0].registers | number << 4
                #expect(throws: DecodeError.reservedField(index: 0, field: .source, value: Int(number))) {
                    try Instruction.decode(bad)
                }
            }
        }
        bad = good
        if encoding.offset == .unused {
            for value in [1, -1, 256, Int16.min] {
                bad[0].offset = value
                #expect(throws: DecodeError.reservedField(index: 0, field: .offset, value: Int(value))) {
                    try Instruction.decode(bad)
                }
            }
        }
        bad = good
        if encoding.immediate == .unused {
            for value in [1, -1, 65536, Int32.min] {
                bad[0].immediate = value
                #expect(throws: DecodeError.reservedField(index: 0, field: .immediate, value: Int(value))) {
                    try Instruction.decode(bad)
                }
            }
        }
    }

    @Test("a register above r10 is refused wherever a register is used", arguments: Operation.decodable)
    func registers(operation: Operation) throws {
        let encoding = operation.encoding
        var program = [Instruction(operation)]
        if encoding.occupiesTwoSlots { program.append(Instruction(.wideImmediateTail)) }
        program.append(Instruction(.exit))
        let good = try Instruction.encode(program)
        for (role, field, shift) in [
            (encoding.destination, DecodeError.Field.destination, 0), (encoding.source, .source, 4),
        ] as [(Encoding.Register, DecodeError.Field, UInt8)] {
            guard role == .read || role == .written || role == .updated else { continue }
            for number in UInt8(10)...15 {
                var bad = good
                bad[0].registers |= number << shift
                let expected: DecodeError =
                    number > 10
                    ? .invalidRegister(index: 0, field: field, number: number)
                    : .writeToFramePointer(index: 0, field: field)
                if number == 10, role == .read {
                    #expect(try Instruction.decode(bad).count == bad.count)
                } else {
                    #expect(throws: expected) { try Instruction.decode(bad) }
                }
            }
        }
    }

    @Test(
        "a selector that selects nothing is refused with its field and value",
        arguments: [
            (slot(0x37, 1, 0, 2, 5), .offset, 2), (slot(0x3f, 1, 2, -1), .offset, -1),
            (slot(0x34, 1, 0, 2, 5), .offset, 2), (slot(0x3c, 1, 2, 256), .offset, 256),
            (slot(0x97, 1, 0, 2, 5), .offset, 2), (slot(0x9f, 1, 2, 2), .offset, 2),
            (slot(0x94, 1, 0, 2, 5), .offset, 2), (slot(0x9c, 1, 2, 2), .offset, 2),
            (slot(0xbf, 1, 2, 1), .offset, 1), (slot(0xbf, 1, 2, 64), .offset, 64),
            // A 32-bit move does not extend from 32 bits.
            (slot(0xbc, 1, 2, 32), .offset, 32), (slot(0xbc, 1, 2, -8), .offset, -8),
            (slot(0xd4, 1, 0, 0, 8), .immediate, 8), (slot(0xdc, 1, 0, 0, 0), .immediate, 0),
            (slot(0xd7, 1, 0, 0, 128), .immediate, 128),
            (slot(0x85, 0, 3, 0, 1), .source, 3), (slot(0x85, 0, 15, 0, 1), .source, 15),
            (slot(0x18, 1, 7), .source, 7), (slot(0x18, 1, 15), .source, 15),
            (slot(0xc3, 1, 2, 0, 0x02), .immediate, 2), (slot(0xdb, 1, 2, 0, 0x10), .immediate, 0x10),
            // Exchanges without the fetch bit; load-acquire and store-release of later standards.
            (slot(0xdb, 1, 2, 0, 0xe0), .immediate, 0xe0), (slot(0xc3, 1, 2, 0, 0xf0), .immediate, 0xf0),
            (slot(0xdb, 1, 2, 0, 0x100), .immediate, 0x100), (slot(0xdb, 1, 2, 0, 0x110), .immediate, 0x110),
            (slot(0xdb, 1, 2, 0, -1), .immediate, -1),
        ] as [(Slot, DecodeError.Field, Int)])
    func selectors(slot: Slot, field: DecodeError.Field, value: Int) {
        let expected = DecodeError.undefinedSelector(index: 1, opcode: slot.opcode, field: field, value: value)
        #expect(throws: expected) { try Instruction.decode([exit, slot, Slot(bits: 0), exit]) }
    }

    @Test(
        "a jump, a call or an address of code stays inside the program and off second halves",
        arguments: [
            ([slot(0x05, 0, 0, 1), exit], .jumpOutOfRange(index: 0, target: 2, count: 2)),
            ([slot(0x05, 0, 0, -2), exit], .jumpOutOfRange(index: 0, target: -1, count: 2)),
            ([slot(0x05, 0, 0, .max), exit], .jumpOutOfRange(index: 0, target: 32768, count: 2)),
            ([slot(0x06, 0, 0, 0, .max), exit], .jumpOutOfRange(index: 0, target: 2_147_483_648, count: 2)),
            ([slot(0x06, 0, 0, 0, .min), exit], .jumpOutOfRange(index: 0, target: -2_147_483_647, count: 2)),
            ([slot(0x15, 1, 0, 1), exit], .jumpOutOfRange(index: 0, target: 2, count: 2)),
            ([slot(0x1e, 1, 2, -3), exit], .jumpOutOfRange(index: 0, target: -2, count: 2)),
            ([slot(0x85, 0, 1, 0, 1), exit], .callOutOfRange(index: 0, target: 2, count: 2)),
            ([slot(0x85, 0, 1, 0, .min), exit], .callOutOfRange(index: 0, target: -2_147_483_647, count: 2)),
            (
                [slot(0x18, 1, 4, 0, 2), Slot(bits: 0), exit],
                .codeAddressOutOfRange(index: 0, target: 3, count: 3)
            ),
            (
                [slot(0x05, 0, 0, 1), slot(0x18, 1), Slot(bits: 0), exit],
                .targetInsideWideImmediate(index: 0, target: 2)
            ),
            (
                [slot(0x18, 1), Slot(bits: 0), slot(0x06, 0, 0, 0, -2), exit],
                .targetInsideWideImmediate(index: 2, target: 1)
            ),
            (
                [slot(0x85, 0, 1, 0, 1), slot(0x18, 1), Slot(bits: 0), exit],
                .targetInsideWideImmediate(index: 0, target: 2)
            ),
            (
                [slot(0x18, 1, 4, 0, 0), Slot(bits: 0), exit],
                .targetInsideWideImmediate(index: 0, target: 1)
            ),
        ] as [([Slot], DecodeError)])
    func targets(slots: [Slot], expected: DecodeError) {
        #expect(throws: expected) { try Instruction.decode(slots) }
    }

    @Test(
        "a 64-bit immediate has two halves, the second with nothing but its immediate",
        arguments: [
            ([slot(0x18, 1)], .truncatedWideImmediate(index: 0)),
            ([exit, slot(0x18, 1)], .truncatedWideImmediate(index: 1)),
            ([Slot(bits: 0), exit], .wideImmediateTailWithoutHead(index: 0)),
            ([slot(0x18, 1), exit], .reservedField(index: 1, field: .opcode, value: 0x95)),
            ([slot(0x18, 1), slot(0, 1), exit], .reservedField(index: 1, field: .destination, value: 1)),
            ([slot(0x18, 1), slot(0, 0, 15), exit], .reservedField(index: 1, field: .source, value: 15)),
            ([slot(0x18, 1), slot(0, 0, 0, -1), exit], .reservedField(index: 1, field: .offset, value: -1)),
            ([slot(0x18, 1, 1), slot(0, 0, 0, 0, 9), exit], .reservedField(index: 1, field: .immediate, value: 9)),
            ([slot(0x18, 1, 3), slot(0, 0, 0, 0, 9), exit], .reservedField(index: 1, field: .immediate, value: 9)),
            ([slot(0x18, 1, 4), slot(0, 0, 0, 0, 9), exit], .reservedField(index: 1, field: .immediate, value: 9)),
            ([slot(0x18, 1, 5), slot(0, 0, 0, 0, 9), exit], .reservedField(index: 1, field: .immediate, value: 9)),
        ] as [([Slot], DecodeError)])
    func wideImmediates(slots: [Slot], expected: DecodeError) {
        #expect(throws: expected) { try Instruction.decode(slots) }
    }

    @Test(
        "control does not run past the last instruction",
        arguments: [
            ([slot(0xb7)], .fallsOffEnd(index: 0)), ([exit, slot(0xb7)], .fallsOffEnd(index: 1)),
            ([slot(0x15, 1, 0, -1)], .fallsOffEnd(index: 0)), ([slot(0x85, 0, 1, 0, -1)], .fallsOffEnd(index: 0)),
            ([slot(0x18, 1), Slot(bits: 0)], .fallsOffEnd(index: 1)),
        ] as [([Slot], DecodeError)])
    func end(slots: [Slot], expected: DecodeError) {
        #expect(throws: expected) { try Instruction.decode(slots) }
    }

    @Test(
        "a program ends with exit or a jump that is always taken",
        arguments: [exit, slot(0x05, 0, 0, -1), slot(0x06, 0, 0, 0, -1)])
    func ends(last: Slot) throws {
        #expect(try Instruction.decode([last]).count == 1)
    }

    @Test("an empty program, one beyond the limit, and half a slot are refused")
    func size() throws {
        #expect(throws: DecodeError.emptyProgram) { try Instruction.decode([]) }
        #expect(throws: DecodeError.programTooLong(count: 3, limit: 2)) {
            try Instruction.decode([exit, exit, exit], limit: 2)
        }
        #expect(try Instruction.decode([exit, exit], limit: 2).count == 2)
        #expect(throws: DecodeError.partialSlot(byteCount: 9)) {
            try Slot.slots(fromLittleEndian: [UInt8](repeating: 0, count: 9))
        }
    }

    @Test("a call of a kernel function is refused with its id")
    func kernelFunction() {
        #expect(throws: DecodeError.kernelFunctionCall(index: 0, id: -7)) {
            try Instruction.decode([slot(0x85, 0, 2, 0, -7), exit])
        }
    }

    @Test(
        "what the standard defines is accepted, however useless",
        arguments: [
            slot(0x67, 1, 0, 0, 64), slot(0x64, 1, 0, 0, -1), slot(0x37, 1), slot(0x97, 1, 0, 1), slot(0x1d, 10, 10),
        ])
    func useless(slot: Slot) throws {
        #expect(try Instruction.decode([slot, exit]).count == 2)
    }

    @Test("targets are absolute and immediates are whole")
    func meaning() throws {
        let slots = try Assembler().assemble(
            """
            start:
                goto +0x1
                r1 = -0x2
                gotol start
                if r1 s> -0x1 goto start
                call function
                r1 = 0x8000000180000002 ll
                ld_pseudo r1, 0x2, 0xfffffffe, 0xfffffffd
                ld_pseudo r1, 0x4, function
                exit
            function:
                exit
            """)
        let program = try Instruction.decode(slots)
        let tail = Instruction(.wideImmediateTail)
        #expect(
            program == [
                Instruction(.jump, offset: 2),
                Instruction(.mov64Immediate, destination: 1, immediate: -2),
                Instruction(.jumpLong, offset: 0),
                Instruction(.jumpSignedGreater64Immediate, destination: 1, offset: 0, immediate: -1),
                Instruction(.callLocal, offset: 12),
                Instruction(.loadImmediate64, destination: 1, immediate: Int64(bitPattern: 0x8000_0001_8000_0002)),
                tail,
                Instruction(.loadMapValueByFD, destination: 1, immediate: Int64(bitPattern: 0xffff_fffd_ffff_fffe)),
                tail,
                Instruction(.loadCodeAddress, destination: 1, offset: 12), tail,
                Instruction(.exit),
                Instruction(.exit),
            ])
    }
}

@Suite("Encoding refuses what the wire has no room for")
struct EncodeRefusalTests {
    @Test(
        "a field out of its range or of no use is refused",
        arguments: [
            (Instruction(.add64Immediate, destination: 1, immediate: 1 << 31), .immediate, 1 << 31),
            (Instruction(.add64Register, destination: 1, source: 2, immediate: 5), .immediate, 5),
            (Instruction(.add64Register, destination: 11, source: 2), .destination, 11),
            (Instruction(.add64Register, destination: 10, source: 2), .destination, 10),
            (Instruction(.neg64, destination: 1, source: 2), .source, 2),
            (Instruction(.exit, destination: 1), .destination, 1),
            (Instruction(.load8, destination: 1, source: 2, offset: 32768), .offset, 32768),
            (Instruction(.mov64Immediate, offset: 1), .offset, 1),
            (Instruction(.movsx64From8, offset: 8), .offset, 8),
            (Instruction(.callLocal, source: 1), .source, 1),
            (Instruction(.loadMapByFD, immediate: 1 << 32), .immediate, 1 << 32),
        ] as [(Instruction, DecodeError.Field, Int64)])
    func fields(instruction: Instruction, field: DecodeError.Field, value: Int64) {
        #expect(throws: EncodeError.unrepresentable(index: 0, field: field, value: value)) {
            try Instruction.encode([instruction, Instruction(.wideImmediateTail)])
        }
    }

    @Test("a target too far for its field is refused, and reached by the long jump")
    func targets() throws {
        #expect(throws: EncodeError.targetTooFar(index: 0, distance: 32768)) {
            try Instruction.encode([Instruction(.jump, offset: 32769)])
        }
        #expect(throws: EncodeError.targetTooFar(index: 0, distance: -32769)) {
            try Instruction.encode([Instruction(.jumpSet32Register, offset: -32768)])
        }
        #expect(try Instruction.encode([Instruction(.jumpLong, offset: 32769)])[0].immediate == 32768)
        var far = [Instruction](repeating: Instruction(.mov64Immediate), count: 100_000)
        far[0] = Instruction(.jumpLong, offset: 99_999)
        far[99_999] = Instruction(.jumpLong, offset: 0)
        #expect(try Instruction.decode(try Instruction.encode(far)) == far)
    }

    @Test("half of a 64-bit immediate is refused")
    func halves() {
        #expect(throws: EncodeError.unpairedWideImmediate(index: 0)) {
            try Instruction.encode([Instruction(.loadImmediate64), Instruction(.exit)])
        }
        #expect(throws: EncodeError.unpairedWideImmediate(index: 1)) {
            try Instruction.encode([Instruction(.exit), Instruction(.wideImmediateTail)])
        }
    }
}

import Bytecode
import Prototypes

/// Statements that read and write memory and call helpers.
extension ProgramGenerator {
    private static let loads: [(Operation, Int)] = [
        (.load8, 1), (.load16, 2), (.load32, 4), (.load64, 8), (.loadSigned8, 1), (.loadSigned16, 2),
        (.loadSigned32, 4),
    ]
    private static let stores: [(Operation, Int)] = [
        (.store8Register, 1), (.store16Register, 2), (.store32Register, 4), (.store64Register, 8),
    ]
    private static let storesImmediate: [(Operation, Int)] = [
        (.store8Immediate, 1), (.store16Immediate, 2), (.store32Immediate, 4), (.store64Immediate, 8),
    ]

    /// Reads, writes or adds to `size` bytes of memory behind a register.
    mutating func use(_ register: UInt8, size: Int, isWritable: Bool = true) {
        let slack = isSloppy() ? 1 + below(4) : 0
        if isWritable, chance(2) {
            if chance(2) {
                let (operation, width) = pick(Self.storesImmediate)
                let offset = below(size + slack - width + 1)
                if offset + width <= size + slack {
                    emitter.emit(operation, register, 0, offset: Int32(offset), constant())
                }
            } else {
                let source = number()
                let (operation, width) = pick(Self.stores)
                let offset = below(size + slack - width + 1)
                if offset + width <= size + slack { emitter.emit(operation, register, source, offset: Int32(offset)) }
            }
        } else {
            let (operation, width) = pick(Self.loads)
            let offset = below(size + slack - width + 1)
            guard offset + width <= size + slack else { return }
            let target = target()
            emitter.emit(operation, target, register, offset: Int32(offset))
            holdings[Int(target)] = .number
        }
    }

    mutating func context() -> UInt8? { registers { $0 == .context }.first }

    mutating func contextField() {
        guard let context = context(), let descriptor = Fixture.descriptors[section]?.context else {
            return arithmetic()
        }
        let fields = descriptor.fields.filter { $0.meaning == .number || $0.meaning == .words }
        guard !fields.isEmpty else { return }
        let field = pick(fields)
        let width: Int = field.meaning == .words ? (field.size % 8 == 0 ? 8 : 4) : Int(field.size)
        let narrow = isSloppy() ? 1 : field.isNarrowable && chance(4) ? max(width / 2, 1) : width
        let operation: Operation = narrow == 1 ? .load8 : narrow == 2 ? .load16 : narrow == 4 ? .load32 : .load64
        let places = field.meaning == .words ? Int(field.size) / width : 1
        let offset = Int32(field.offset) + Int32(below(places) * width)
        if field.isWritable, chance(4) {
            let source = number()
            emitter.emit(width == 8 ? .store64Register : .store32Register, context, source, offset: offset)
            return
        }
        let target = target()
        emitter.emit(operation, target, context, offset: offset)
        holdings[Int(target)] = .number
    }

    /// The fields of the context that bound the packet.
    private var packetFields: (data: Int32, end: Int32, isWide: Bool)? {
        guard let fields = Fixture.descriptors[section]?.context.fields,
            let data = fields.first(where: { $0.meaning == .packet }),
            let end = fields.first(where: { $0.meaning == .packetEnd })
        else { return nil }
        return (Int32(data.offset), Int32(end.offset), data.size == 8)
    }

    mutating func packetAccess() {
        if let known = registers({ if case .packet(let checked) = $0 { checked > 0 } else { false } }).first, chance(2),
            case .packet(let checked) = holdings[Int(known)]
        {
            use(known, size: checked)
            return
        }
        guard let context = context(), let fields = packetFields else { return mapAccess() }
        let load: Operation = fields.isWide ? .load64 : .load32
        let scratch: [UInt8] = context == 1 ? [2, 3, 4, 5] : [1, 2, 3, 4, 5]
        let data = chance(3) ? pick([7, 8, 9] as [UInt8]) : scratch[0]
        let end = scratch[1]
        let probe = scratch[2]
        emitter.emit(load, data, context, offset: fields.data)
        emitter.emit(load, end, context, offset: fields.end)
        let size = pick([1, 2, 8, 14, 20, 34, 54])
        var base = data
        if chance(3) {
            // Somewhere behind the start, as a number says.
            let distance = number()
            guard distance != data, distance != end else { return }
            if !isSloppy() { emitter.emit(.and64Immediate, distance, 0, Int64(pick([7, 15, 60, 255, 1023]))) }
            base = scratch[3]
            if base == distance { return }
            emitter.emit(.mov64Register, base, data)
            emitter.emit(.add64Register, base, distance)
            holdings[Int(distance)] = .number
        }
        if probe != base {
            emitter.emit(.mov64Register, probe, base)
            emitter.emit(.add64Immediate, probe, 0, Int64(size))
        }
        let out = end == probe ? probe : end
        switch isSloppy() ? below(8) : 0 {
        case 1...2: emitter.jump(.jumpGreaterOrEqual64Register, probe, out, to: self.end)
        case 3: emitter.jump(.jumpLess64Register, probe, out, to: self.end)
        case 4: break
        case 5: emitter.jump(.jumpEqual64Register, probe, out, to: self.end)
        default:
            if chance(3) {
                emitter.jump(.jumpLess64Register, out, probe, to: self.end)
            } else {
                emitter.jump(.jumpGreater64Register, probe, out, to: self.end)
            }
        }
        holdings[Int(data)] = .packet(checked: base == data ? size : 0)
        holdings[Int(end)] = .packetEnd
        holdings[Int(probe)] = .packet(checked: 0)
        holdings[Int(base)] = .packet(checked: size)
        for _ in 0..<1 + below(2) { use(base, size: size, isWritable: section < 2) }
    }

    mutating func stackAccess() {
        if chance(2), useBuffer() { return }
        if !written.isEmpty, chance(2) {
            let (offset, size) = pick(Array(written).sorted { $0.key < $1.key })
            let width = isSloppy() ? 8 : size
            let target = target()
            let operation: Operation = width == 1 ? .load8 : width == 2 ? .load16 : width == 4 ? .load32 : .load64
            emitter.emit(operation, target, 10, offset: Int32(offset))
            holdings[Int(target)] = .number
            return
        }
        if chance(4) { return variableStack() }
        let (operation, width) = pick(Self.stores)
        let offset = -width * (1 + below(isSloppy() ? 512 / width + 1 : 40 / width))
        let source = number()
        emitter.emit(operation, 10, source, offset: Int32(offset))
        written[offset] = width
    }

    /// An array on the stack and an index into it.
    private mutating func variableStack() {
        for offset in stride(from: -64, to: -32, by: 8) {
            emitter.emit(.store64Immediate, 10, 0, offset: Int32(offset), 0)
            written[offset] = 8
        }
        let index = number()
        emitter.emit(.and64Immediate, index, 0, Int64(isSloppy() ? 63 : pick([7, 15, 24, 31])))
        let pointer = pick([2, 3, 4, 5, 7, 8, 9].filter { $0 != index }) as UInt8
        emitter.emit(.mov64Register, pointer, 10)
        emitter.emit(.add64Immediate, pointer, 0, -64)
        emitter.emit(.add64Register, pointer, index)
        if chance(2) {
            emitter.emit(.store8Immediate, pointer, 0, offset: 0, constant())
        } else {
            emitter.emit(.load8, pointer, pointer)
            holdings[Int(pointer)] = .number
            return
        }
        holdings[Int(pointer)] = .nothing
    }

    /// A pointer, or a number, put on the stack and taken back.
    mutating func spill() {
        let candidates = registers { $0 != .nothing }
        guard let register = candidates.isEmpty ? nil : pick(candidates) else { return arithmetic() }
        let offset = -8 * (9 + below(6))
        emitter.emit(.store64Register, 10, register, offset: Int32(offset))
        let holding = holdings[Int(register)]
        if chance(2) { statement() }
        if isSloppy() { emitter.emit(.store8Immediate, 10, 0, offset: Int32(offset + below(8)), constant()) }
        let target = target()
        emitter.emit(.load64, target, 10, offset: Int32(offset))
        holdings[Int(target)] = holding
    }

    mutating func mapAccess() {
        let known = registers {
            switch $0 {
            case .value(_, isChecked: true), .reserved: true
            default: false
            }
        }
        if let register = known.first, chance(2) {
            switch holdings[Int(register)] {
            case .value(let size, _): use(register, size: size)
            case .reserved(let size): use(register, size: size)
            default: break
            }
            return
        }
        if chance(4) {
            let register = target()
            let isReadOnly = chance(2)
            let map = isReadOnly ? Fixture.MapIndex.readOnly : Fixture.MapIndex.data
            let size = isReadOnly ? 16 : 24
            let offset = below(size / 8) * 8
            emitter.emit(.loadMapValueByFD, register, 0, Int64(map) | Int64(offset) << 32)
            holdings[Int(register)] = .value(size: size - offset, isChecked: true)
            use(register, size: size - offset, isWritable: !isReadOnly || isSloppy())
            return
        }
        lookUp()
    }

    private mutating func lookUp() {
        let map = below(3)
        let valueSize = [32, 16, 64][map]
        if map == 0 {
            let source = number()
            emitter.emit(.store64Register, 10, source, offset: -8)
        } else if chance(2) {
            emitter.emit(.store32Immediate, 10, 0, offset: -8, Int64(below(6)))
        } else {
            let source = number()
            emitter.emit(.store32Register, 10, source, offset: -8)
        }
        written[-8] = map == 0 ? 8 : 4
        emitter.emit(.mov64Register, 2, 10)
        emitter.emit(.add64Immediate, 2, 0, isSloppy() ? Int64(below(12)) - 12 : -8)
        emitter.emit(.loadMapByFD, 1, 0, Int64(map))
        emitter.emit(.callHelper, 0, 0, 1)
        clobberCallerSaved()
        let value: UInt8 = chance(2) ? 0 : pick([7, 8, 9])
        if value != 0 { emitter.emit(.mov64Register, value, 0) }
        if !isSloppy() {
            if chance(3) {
                let found = emitter.label()
                emitter.jump(.jumpNotEqual64Immediate, chance(2) ? 0 : value, 0, 0, to: found)
                emitter.jump(.jump, to: end)
                emitter.place(found)
            } else {
                emitter.jump(.jumpEqual64Immediate, chance(2) ? 0 : value, 0, 0, to: end)
            }
        }
        holdings[0] = .nothing
        holdings[Int(value)] = .value(size: valueSize, isChecked: true)
        use(value, size: valueSize)
        guard chance(2) else { return }
        // An index into the value.
        let index = number()
        guard index != value else { return }
        let limit = Int64(isSloppy() ? valueSize : valueSize - 8)
        switch below(4) {
        case 0: emitter.emit(.and64Immediate, index, 0, limit == 24 ? 23 : limit == 8 ? 8 : 56)
        case 1: emitter.jump(.jumpGreater64Immediate, index, 0, limit, to: end)
        case 2:
            emitter.jump(.jumpSignedGreater64Immediate, index, 0, limit, to: end)
            if !isSloppy() { emitter.jump(.jumpSignedLess64Immediate, index, 0, 0, to: end) }
        default:
            emitter.emit(.mov32Register, index, index)
            emitter.jump(.jumpGreater32Immediate, index, 0, limit, to: end)
        }
        let pointer = pick([2, 3, 4, 5].filter { $0 != index && $0 != value }) as UInt8
        emitter.emit(.mov64Register, pointer, value)
        emitter.emit(chance(6) ? .sub64Register : .add64Register, pointer, index)
        holdings[Int(pointer)] = .value(size: 8, isChecked: true)
        use(pointer, size: 8)
    }

    mutating func atomic() {
        let operations: [(Operation, Int)] = [
            (.atomicAdd32, 4), (.atomicFetchAdd32, 4), (.atomicOr32, 4), (.atomicFetchAnd32, 4), (.atomicExchange32, 4),
            (.atomicCompareExchange32, 4), (.atomicAdd64, 8), (.atomicFetchAdd64, 8), (.atomicXor64, 8),
            (.atomicFetchOr64, 8), (.atomicExchange64, 8), (.atomicCompareExchange64, 8),
        ]
        let (operation, width) = pick(operations)
        let isCompare = operation == .atomicCompareExchange32 || operation == .atomicCompareExchange64
        if isCompare { emitter.emit(.mov64Immediate, 0, 0, constant()) }
        if isCompare { holdings[0] = .number }
        let source = number()
        if let value = registers({ if case .value(_, isChecked: true) = $0 { true } else { false } }).first,
            value != source, chance(2), case .value(let size, _) = holdings[Int(value)]
        {
            emitter.emit(operation, value, source, offset: Int32(below(max(size / width, 1)) * width))
        } else {
            let offset = -width * (1 + below(40 / width))
            if !isSloppy() { emitter.emit(.store64Immediate, 10, 0, offset: Int32(offset & ~7), constant()) }
            emitter.emit(operation, 10, source, offset: Int32(offset))
            written[offset & ~7] = 8
        }
    }

    /// Things that are done to pointers and sometimes may be.
    mutating func pointerGame() {
        let pointers = registers {
            switch $0 {
            case .context, .packet, .packetEnd, .value, .reserved, .buffer: true
            case .nothing, .number, .bounded, .frame: false
            }
        }
        guard !pointers.isEmpty else { return arithmetic() }
        let register = pick(pointers)
        let target = pick([2, 3, 4, 5, 7, 8, 9] as [UInt8])
        switch below(6) {
        case 0:
            let other = pick(pointers)
            guard target != register, target != other else { return }
            emitter.emit(.mov64Register, target, register)
            emitter.emit(.sub64Register, target, other)
            holdings[Int(target)] = .number
        case 1:
            guard target != register else { return }
            emitter.emit(.mov64Register, target, register)
            emitter.emit(.add64Immediate, target, 0, constant())
            holdings[Int(target)] = .nothing
        case 2:
            let other = pick(pointers)
            emitter.jump(
                pick([.jumpEqual64Register, .jumpGreater64Register, .jumpLessOrEqual64Register]), register, other,
                to: end)
        case 3: emitter.jump(.jumpEqual64Immediate, register, 0, 0, to: end)
        case 4:
            emitter.emit(.mov32Register, target, register)
            holdings[Int(target)] = .nothing
        default:
            let distance = number()
            guard target != register, target != distance else { return }
            emitter.emit(.mov64Register, target, register)
            emitter.emit(.add64Register, target, distance)
            holdings[Int(target)] = .nothing
        }
    }

    mutating func call() {
        switch below(7) {
        case 0...1:
            emitter.emit(.callHelper, 0, 0, Int64(pick([5, 7, 8])))
            clobberCallerSaved()
            holdings[0] = .number
        case 2: update()
        case 3: reserve()
        case 4: loadBytes()
        case 5:
            guard section < 2, let context = context() else { return arithmetic() }
            emitter.emit(.mov64Register, 1, context)
            emitter.emit(.mov64Immediate, 2, 0, Int64(below(9)) - 4)
            if section == 1 { emitter.emit(.mov64Immediate, 3, 0, 0) }
            emitter.emit(.callHelper, 0, 0, section == 0 ? 44 : 38)
            let before = holdings
            clobberCallerSaved()
            holdings[0] = .number
            for register in 6..<10 {
                switch before[register] {
                case .packet, .packetEnd: holdings[register] = isSloppy() ? before[register] : .nothing
                case .nothing, .number, .bounded, .context, .frame, .value, .reserved, .buffer: break
                }
            }
        default: localCall()
        }
    }

    private mutating func update() {
        let source = number()
        emitter.emit(.store64Register, 10, source, offset: -8)
        let map = below(2)
        for offset in stride(from: -40, to: map == 0 ? -8 : -24, by: 8) where !isSloppy() {
            emitter.emit(.store64Immediate, 10, 0, offset: Int32(offset), constant())
        }
        if map == 0 { for offset in stride(from: -40, to: -8, by: 8) { written[offset] = 8 } }
        emitter.emit(.mov64Register, 2, 10)
        emitter.emit(.add64Immediate, 2, 0, -8)
        emitter.emit(.mov64Register, 3, 10)
        emitter.emit(.add64Immediate, 3, 0, -40)
        emitter.emit(.mov64Immediate, 4, 0, Int64(below(3)))
        emitter.emit(.loadMapByFD, 1, 0, Int64(map))
        emitter.emit(.callHelper, 0, 0, 2)
        clobberCallerSaved()
        holdings[0] = .number
        written[-8] = 8
    }

    private mutating func reserve() {
        let size = pick([8, 16, 24, 40])
        emitter.emit(.loadMapByFD, 1, 0, Int64(Fixture.MapIndex.ring))
        emitter.emit(.mov64Immediate, 2, 0, Int64(size))
        emitter.emit(.mov64Immediate, 3, 0, 0)
        emitter.emit(.callHelper, 0, 0, 131)
        clobberCallerSaved()
        let none = emitter.label()
        if !isSloppy() { emitter.jump(.jumpEqual64Immediate, 0, 0, 0, to: none) }
        holdings[0] = .reserved(size: size)
        use(0, size: size)
        if !isSloppy() {
            emitter.emit(.mov64Register, 1, 0)
            emitter.emit(.mov64Immediate, 2, 0, 0)
            emitter.emit(.callHelper, 0, 0, chance(2) ? 132 : 133)
        }
        emitter.place(none)
        clobberCallerSaved()
    }

    /// A helper that fills as much as a number says.
    private mutating func loadBytes() {
        guard section == 1, let context = context() else { return arithmetic() }
        let size = number()
        guard size != context else { return }
        if !isSloppy() {
            emitter.emit(.and64Immediate, size, 0, 15)
            if !isSloppy() { emitter.emit(.add64Immediate, size, 0, 1) }
        }
        if size != 4 { emitter.emit(.mov64Register, 4, size) }
        emitter.emit(.mov64Register, 1, context)
        emitter.emit(.mov64Immediate, 2, 0, Int64(below(64)))
        emitter.emit(.mov64Register, 3, 10)
        emitter.emit(.add64Immediate, 3, 0, -16)
        if !isSloppy() {
            emitter.emit(.store64Immediate, 10, 0, offset: -16, 0)
            emitter.emit(.store64Immediate, 10, 0, offset: -8, 0)
            (written[-16], written[-8]) = (8, 8)
        }
        emitter.emit(.callHelper, 0, 0, 26)
        clobberCallerSaved()
        holdings[0] = .number
    }
}

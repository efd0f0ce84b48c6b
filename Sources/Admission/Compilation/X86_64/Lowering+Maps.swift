internal import Bytecode
internal import Channel

/// Maps in a program's code: where their descriptors lie, and look-ups that take a few instructions.
///
/// No look-up branches on an index: nothing runs ahead with one that is out of bounds. Where the index is none, the address of what is
/// loaded is that of a zero which nobody can write.
extension Lowering {
    /// Of a map's descriptor, ``MapDescriptor``.
    enum DescriptorField {
        static let typeAndFlags: Int32 = 0
        static let valueStride: Int32 = 16
        static let maximumEntries: Int32 = 20
        static let valuesStart: Int32 = 48
        static let laneStride: Int32 = 64
        /// A word that is 0.
        static let zero: Int32 = 120
    }

    private static let descriptors = AddressMap.program + BootRecord.capacity
    /// A descriptor has 128 bytes.
    private static let descriptorShift: Int32 = 7

    func descriptor(ofMap index: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: Self.descriptors + UInt64(index) << UInt64(Self.descriptorShift))
    }

    private func field(_ field: Int32, ofMap index: Int) -> Address {
        .absolute(descriptor(ofMap: index) + UInt32(field))
    }

    /// A number of the boot record, which the broker wrote and the cell can only read.
    private static func boot(_ path: PartialKeyPath<BootRecord>) -> UInt32 {
        guard let offset = MemoryLayout<BootRecord>.offset(of: path) else {
            preconditionFailure("a stored property has an offset")
        }
        return UInt32(AddressMap.program) + UInt32(offset)
    }
    /// Which lane the cell is.
    private static let lane = boot(\.lane)
    private static let mapCount = boot(\.mapCount)

    // MARK: references

    /// A reference to a map is the address of its descriptor.
    mutating func loadMap(_ d: Register, _ index: UInt64) {
        plain(d, Self.descriptors + index << UInt64(Self.descriptorShift))
    }

    /// The address of a map's only value and an offset in it. The low half is the map, the high half the offset.
    mutating func loadMapValue(_ d: Register, _ reference: UInt64, at index: Int) {
        let map = Int(reference & 0xFFFF_FFFF)
        guard map < program.maps.count, program.maps[map].type == Compilation.MapShape.array else {
            return fault(.invalidInstruction, about: reference, at: index)
        }
        assembler.emit(.load, .bits64, d, field(DescriptorField.valuesStart, ofMap: map))
        let offset = reference >> 32
        if offset == 0 { return }
        if let small = Int32(exactly: offset) {
            assembler.emit(.addImmediate, .bits64, rm: d, immediate: small)
        } else {
            plain(.scratch, offset)
            assembler.emit(.addRegister, .bits64, .scratch, rm: d)
        }
    }

    // MARK: look-ups

    /// An element of a map: its address, or 0 where there is none; of a map of maps, the map that it names. False where the map is none of
    /// those that take a few instructions.
    mutating func lookUp(inMap index: Int) -> Bool {
        let map = program.maps[index]
        let hasLanes = map.type == Compilation.MapShape.perCPUArray
        guard map.type == Compilation.MapShape.array || map.type == Compilation.MapShape.arrayOfMaps || hasLanes,
            !map.isWriteOnlyForProgram, let stride = map.valueStride
        else { return false }
        assembler.emit(.load, .bits32, .rax, .based(.rsi, 0))
        element(ofMap: index, stride, .rax)
        if hasLanes {
            // How far it is from the first lane's, the broker says: the cell's lane is one that the map has.
            assembler.emit(.load, .bits32, .scratch3, .absolute(Self.lane))
            assembler.emit(.multiply, .bits64, .scratch3, field(DescriptorField.laneStride, ofMap: index))
            assembler.emit(.addRegister, .bits64, .scratch3, rm: .scratch2)
        }
        if map.isOfMaps {
            loadNumber(ofMap: index, map.maximumEntries, .rax, to: .scratch2)
            nameMap()
        } else {
            assembler.emit(.compareImmediate, .bits32, rm: .rax, immediate: Int32(bitPattern: map.maximumEntries))
            assembler.emit(.moveImmediate32, .rax, immediate32: 0)
            assembler.emit(.moveIfBelow, .bits64, .rax, rm: .scratch2)
        }
        return true
    }

    /// Where the element with the index in `register` would lie: an address in the second scratch register.
    private mutating func element(ofMap index: Int, _ stride: Int32, _ register: Register) {
        if stride.nonzeroBitCount == 1 {
            assembler.emit(.load, .bits32, .scratch2, rm: register)
            assembler.emit(
                .shiftLeftImmediate, .bits64, rm: .scratch2, immediate: Int32(stride.trailingZeroBitCount))
        } else if register == .rax {
            // It has just been loaded, so its upper half is zero.
            assembler.multiply(.bits64, .scratch2, rm: .rax, by: stride)
        } else {
            assembler.emit(.load, .bits32, .scratch2, rm: register)
            assembler.multiply(.bits64, .scratch2, rm: .scratch2, by: stride)
        }
        assembler.emit(.addMemory, .bits64, .scratch2, field(DescriptorField.valuesStart, ofMap: index))
    }

    /// The first 32 bits of the element whose address is in the second scratch register, or 0 where its index, in `index`, is none.
    private mutating func loadNumber(
        ofMap map: Int, _ maximumEntries: UInt32, _ index: Register, to register: Register
    ) {
        plain(.scratch, UInt64(descriptor(ofMap: map)) + UInt64(DescriptorField.zero))
        assembler.emit(.compareImmediate, .bits32, rm: index, immediate: Int32(bitPattern: maximumEntries))
        assembler.emit(.moveIfBelow, .bits64, .scratch, rm: .scratch2)
        assembler.emit(.load, .bits32, register, .based(.scratch, 0))
    }

    /// The descriptor of the map whose number, counted from 1, is in the second scratch register: its address in R0, or 0 where the cell
    /// has no such map.
    ///
    /// The number lies in memory that a hostile cell can write, so it is held against the number of maps each time.
    private mutating func nameMap() {
        assembler.emit(.subImmediate, .bits32, rm: .scratch2, immediate: 1)
        assembler.emit(.load, .bits32, .scratch, rm: .scratch2)
        assembler.emit(.shiftLeftImmediate, .bits64, rm: .scratch, immediate: Self.descriptorShift)
        assembler.emit(.addImmediate, .bits64, rm: .scratch, immediate: Int32(Self.descriptors))
        assembler.emit(.compareMemory, .bits64, .scratch2, .absolute(Self.mapCount))
        assembler.emit(.moveImmediate32, .rax, immediate32: 0)
        assembler.emit(.moveIfBelow, .bits64, .rax, rm: .scratch)
    }

    /// An element of the map that R1 names, of which nothing is known but that it was found in a map of maps: in a few instructions if it
    /// is an array, which the descriptor says; by the image otherwise.
    ///
    /// - Parameter live: the registers that matter afterwards.
    mutating func lookUpInFoundMap(at index: Int, _ live: UInt16) {
        payFuel()
        let other = Outlined.Work.lookUp(keeping: live)
        // 0 is no map, which is for the image to say.
        assembler.emit(.testRegister, .bits64, .rdi, rm: .rdi)
        let label = branch(.equal, toOutlined: other, at: index)
        // The flags lie behind the type. Any other flag, rare as it is, may as well go the long way.
        assembler.emit(.compareImmediate, .bits64, .based(.rdi, DescriptorField.typeAndFlags), immediate: 2)
        branch(.notEqual, to: label, begun: index + 1)
        assembler.emit(.load, .bits32, .rax, .based(.rsi, 0))
        assembler.emit(.load, .bits32, .scratch2, .based(.rdi, DescriptorField.valueStride))
        assembler.emit(.multiply, .bits64, .scratch2, rm: .rax)
        assembler.emit(.addMemory, .bits64, .scratch2, .based(.rdi, DescriptorField.valuesStart))
        assembler.emit(.compareMemory, .bits32, .rax, .based(.rdi, DescriptorField.maximumEntries))
        assembler.emit(.moveImmediate32, .rax, immediate32: 0)
        assembler.emit(.moveIfBelow, .bits64, .rax, rm: .scratch2)
    }

    /// What slot R3 of an array of programs holds, in R0; 0 where it has no such slot.
    mutating func loadProgramNumber(ofMap index: Int) -> Bool {
        let map = program.maps[index]
        guard let stride = map.valueStride else { return false }
        element(ofMap: index, stride, .rdx)
        loadNumber(ofMap: index, map.maximumEntries, .rdx, to: .rax)
        return true
    }
}

extension Compilation.MapShape {
    // Linux's numbers.
    static let array: UInt32 = 2
    static let programArray: UInt32 = 3
    static let perCPUArray: UInt32 = 6
    static let arrayOfMaps: UInt32 = 12
    static let hashOfMaps: UInt32 = 13
    private static let writeOnlyForProgram: UInt32 = 1 << 8

    /// Whether a look-up in it gives a map.
    var isOfMaps: Bool { type == Self.arrayOfMaps || type == Self.hashOfMaps }
    var isWriteOnlyForProgram: Bool { flags & Self.writeOnlyForProgram != 0 }
    /// As the layout of maps has it: every value begins at a multiple of 8.
    var valueStride: Int32? { Int32(exactly: (UInt64(valueSize) + 7) & ~7) }
}

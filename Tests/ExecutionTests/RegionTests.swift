import Channel
import Execution
import Maps
import Testing

@Suite("Regions")
struct RegionTests {
    static let widths: [(String, Int64)] = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8)]

    @Test(
        "a read or write of the payload is allowed where all its bytes are inside",
        arguments: [0, 1, 2, 3, 4, 7, 8, 9, 16] as [Int64])
    func payloadEdges(size: Int64) throws {
        let laboratory = try Laboratory()
        let payload = [UInt8](repeating: 7, count: Int(size))
        for (type, width) in Self.widths {
            for offset in -9...size + 1 {
                let isInside = offset >= 0 && offset + width <= size
                let address = laboratory.payload &+ UInt64(bitPattern: offset)
                // The address is a constant: R1 of an empty payload is 0.
                let read = try laboratory.run("r1 = \(address) ll\nr0 = *(\(type) *)(r1 + 0)\nexit", payload: payload)
                #expect(read.fault == (isInside ? nil : .outOfBoundsRead), "\(type) at \(offset) of \(size)")
                if !isInside {
                    #expect(read.address == address)
                    #expect(read.accessSize == UInt32(width))
                    #expect(read.instruction == 2)
                }
                let write = try laboratory.run("r1 = \(address) ll\n*(\(type) *)(r1 + 0) = 1\nexit", payload: payload)
                #expect(write.fault == (isInside ? nil : .outOfBoundsWrite), "\(type) at \(offset) of \(size)")
            }
        }
    }

    @Test("a frame ends where it ends, in every depth", arguments: [0, 1, 2, 3, 4, 5, 6, 7])
    func frameEdges(depth: Int) throws {
        let laboratory = try Laboratory()
        let calls = (0..<depth).map { "call f\($0)\nexit\nf\($0):\n" }.joined()
        let inUse = Int64(512 * (depth + 1))
        for (type, width) in Self.widths {
            for offset in [-inUse - 8, -inUse - 1, -inUse, -inUse + 1, -512, -width - 1, -width, -width + 1, -1, 0, 1] {
                let isInside = offset >= -inUse && offset + width <= 0
                let top = laboratory.frameEnd &+ UInt64(bitPattern: offset)
                let program = "\(calls)r1 = \(top) ll\nr0 = *(\(type) *)(r1 + 0)\n*(\(type) *)(r1 + 0) = 1\nexit"
                let report = try laboratory.run(program)
                #expect(report.fault == (isInside ? nil : .outOfBoundsRead), "\(type) at \(offset), depth \(depth)")
            }
        }
    }

    @Test(
        "an access whose range would wrap is refused",
        arguments: [.max, .max - 1, .max - 3, .max - 6, .max - 7, .max - 8, 0, 1, 1 << 32, 1 << 63] as [UInt64])
    func wrapping(address: UInt64) throws {
        for (type, _) in Self.widths {
            let report = try Laboratory().run(
                "r1 = \(address) ll\nr0 = *(\(type) *)(r1 + 0)\nexit", payload: [UInt8](repeating: 0, count: 64))
            #expect(report.fault == .outOfBoundsRead)
            #expect(report.address == address)
        }
    }

    @Test("a low address with the payload's low half is not the payload's")
    func upperHalf() throws {
        let laboratory = try Laboratory()
        let address = laboratory.payload | 1 << 32
        let report = try laboratory.run("r1 = \(address) ll\nr0 = *(u8 *)(r1 + 0)\nexit", payload: [1])
        #expect(report.fault == .outOfBoundsRead)
    }

    @Test("a context is read, never written, also after it was read")
    func context() throws {
        let laboratory = try Laboratory(entry: .context)
        laboratory.memory.store32(laboratory.context, 0xABCD)
        let read = try laboratory.run("r0 = *(u32 *)(r1 + 0)\nexit", contextSize: 4)
        #expect(read.result == 0xABCD)
        #expect(try laboratory.run("r0 = *(u32 *)(r1 + 1)\nexit", contextSize: 4).fault == .outOfBoundsRead)
        for program in ["*(u32 *)(r1 + 0) = 1\nexit", "r0 = *(u32 *)(r1 + 0)\n*(u32 *)(r1 + 0) = 1\nexit"] {
            #expect(try laboratory.run(program, contextSize: 4).fault == .outOfBoundsWrite)
        }
        #expect(laboratory.memory.load32(laboratory.context) == 0xABCD)
    }

    @Test("the regions of one event are not those of the next")
    func events() throws {
        let laboratory = try Laboratory()
        #expect(try laboratory.run("r0 = *(u8 *)(r1 + 7)\nexit", payload: [UInt8](repeating: 0, count: 8)).fault == nil)
        #expect(
            try laboratory.run("r0 = *(u8 *)(r1 + 7)\nexit", payload: [UInt8](repeating: 0, count: 7)).fault
                == .outOfBoundsRead)
    }

    @Test("values of maps are found one after the other, each as writable as its map")
    func maps() throws {
        let laboratory = try Laboratory()
        let descriptors = AddressMap.program + 1024
        let storage = [AddressMap.maps, AddressMap.maps + 1024]
        for (index, flags) in [UInt32(0), 1 << 7].enumerated() {
            let layout = try MapLayout.plan(type: 2, keySize: 4, valueSize: 12, maximumEntries: 3, flags: flags)
            try layout.descriptor(storageAt: storage[index], seed: MapSeed(low: 0, high: 0)).store(
                to: laboratory.memory, at: descriptors + UInt64(index) * MapDescriptor.size)
        }
        laboratory.boot.mapDescriptors = descriptors
        laboratory.boot.mapCount = 2
        laboratory.memory.store32(storage[0] + 8, 3)
        laboratory.memory.store32(storage[1] + 8, 4)
        let prologue = "r6 = \(storage[0]) ll\nr7 = \(storage[1]) ll\nr8 = 3\n"
        let inTurn = """
            top: r1 = *(u32 *)(r6 + 8)
            r0 += r1
            r1 = *(u32 *)(r7 + 8)
            r0 += r1
            *(u32 *)(r6 + 0) = r0
            r1 = *(u32 *)(r6 + 16)
            r8 += -1
            if r8 != 0 goto top

            """
        #expect(try laboratory.run(prologue + inTurn + "exit").result == 21)
        #expect(laboratory.memory.load32(storage[0]) == 21)
        for (access, fault) in [
            ("*(u32 *)(r7 + 8) = 1", FaultKind.outOfBoundsWrite),
            ("*(u64 *)(r6 + 8) = 1", .outOfBoundsWrite), ("r0 = *(u64 *)(r6 + 8)", .outOfBoundsRead),
            ("r0 = *(u8 *)(r6 + 12)", .outOfBoundsRead), ("r0 = *(u8 *)(r6 + 48)", .outOfBoundsRead),
            ("r0 = *(u8 *)(r6 + 64)", .outOfBoundsRead),
            ("r0 = *(u8 *)(r6 - 1)", .outOfBoundsRead),
        ] {
            #expect(try laboratory.run(prologue + access + "\nexit").fault == fault, "\(access)")
            #expect(try laboratory.run(prologue + inTurn + access + "\nexit").fault == fault, "\(access) in turn")
        }
    }
}

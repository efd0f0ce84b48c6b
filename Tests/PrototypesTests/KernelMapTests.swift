import Prototypes
import Testing

/// Which maps helpers take, and what they find in them, as the running kernel's verifier sees it.
@Suite("Map types, asked of the kernel", .enabled(if: KernelVerifier.isUsable, KernelVerifier.reason))
struct KernelMapTests {
    private static func row(for helper: HelperPrototype) -> ProgramDescriptor? {
        // Traffic control may do most, look-ups and updates of maps of sockets among it.
        let rows = KernelVerifier.rows.filter { !$0.maySleep }.sorted { a, _ in a.linuxType == 3 }
        return rows.first { $0.helpers.contains(helper.id) && KernelVerifier.allows(helper.id, in: $0) }
    }

    @Test("a helper takes the maps of its row and no others")
    func permittedMaps() {
        for helper in HelperPrototype.all where !helper.maps.isEmpty && KernelVerifier.offers(helper.id) {
            guard let row = Self.row(for: helper) else { continue }
            for type in MapType.allCases where KernelMaps.plain[type] != nil {
                // An array is its own template: a filter's value is what its peek reads.
                guard let call = try? LegalCall(helper, in: row, .map(type)) else { continue }
                let answer = KernelVerifier.load(row, code: call.code)
                #expect(
                    answer.isAccepted == helper.maps.contains(type),
                    "\(helper.name) with \(type) in \(row.label): \(answer.complaint)")
            }
        }
    }

    @Test("a look-up finds what the map's type says")
    func lookups() throws {
        let helper = try #require(HelperPrototype.row(1))
        let row = try #require(Self.row(for: helper))
        var asked = 0
        for type in MapType.allCases where type.traits.lookup != .none && KernelMaps.plain[type] != nil {
            let unchecked = try LegalCall(helper, in: row, .map(type)) { $0.load(1, 0, 0, size: 1) }
            #expect(
                KernelVerifier.load(row, code: unchecked.code).complaint.hasSuffix("'map_value_or_null'"), "\(type)")
            let checked = try LegalCall(helper, in: row, .map(type)) { code in
                code.move(8, 0)
                code.emit(0x15, 8, 0, 1, 0)
                code.load(1, 8, 0, size: 1)
            }
            let answer = KernelVerifier.load(row, code: checked.code)
            let complaint = answer.isAccepted ? "none" : answer.complaint
            let expected =
                switch type.traits.lookup {
                case .none, .value, .innerMap: "none"
                case .socket: "invalid sock access off=0 size=1"
                case .expressSocket: "invalid xdp_sock access off=0 size=1"
                }
            asked += 1
            #expect(complaint.contains(expected), "\(type): \(complaint)")
        }
        #expect(asked >= 14)
    }

    @Test("a look-up in what a look-up found is for maps of maps")
    func innerMaps() throws {
        let helper = try #require(HelperPrototype.row(1))
        let row = try #require(Self.row(for: helper))
        for type in MapType.allCases where type.traits.lookup != .none && KernelMaps.plain[type] != nil {
            // What is found has to go, and then is no map.
            guard type.traits.lookup != .socket else { continue }
            let call = try LegalCall(helper, in: row, .map(type)) { code in
                code.endIfZero(0)
                code.move(1, 0)
                code.stack(2, LegalCall.buffer)
                code.call(1)
            }
            let answer = KernelVerifier.load(row, code: call.code)
            #expect(answer.isAccepted == (type.traits.lookup == .innerMap), "\(type): \(answer.complaint)")
        }
    }

    @Test("behind the check a value can be read and written, an inner map neither")
    func values() throws {
        let helper = try #require(HelperPrototype.row(1))
        let row = try #require(Self.row(for: helper))
        for type in MapType.allCases where KernelMaps.plain[type] != nil {
            let traits = type.traits
            guard traits.lookup == .value || traits.lookup == .innerMap else { continue }
            for writes in [false, true] {
                let call = try LegalCall(helper, in: row, .map(type)) { code in
                    code.endIfZero(0)
                    code.set(1, 0)
                    if writes { code.store(0, 1, 0, size: 4) } else { code.load(1, 0, 0, size: 4) }
                }
                let isAllowed = traits.lookup == .value && !(writes && traits.isReadOnly)
                let answer = KernelVerifier.load(row, code: call.code)
                // What is behind an inner map is its own business, and Linux lets programs read a little of it.
                if traits.lookup == .innerMap && !writes { continue }
                #expect(answer.isAccepted == isAllowed, "\(type) writes: \(writes): \(answer.complaint)")
            }
        }
    }

    @Test("values are reached without a look-up where the table says")
    func directValues() throws {
        let row = try #require(KernelVerifier.rows.first { $0.linuxType == 3 })
        for type in MapType.allCases {
            // An arena has to be mapped first.
            guard type != .arena, let map = KernelMaps.map(type) else { continue }
            var code = Code()
            code.value(1, map)
            code.finish(0)
            let answer = KernelVerifier.load(row, code: code)
            #expect(answer.isAccepted == type.traits.hasDirectValues, "\(type): \(answer.complaint)")
        }
    }

    @Test("programs that sleep have the maps that the table says")
    func sleepers() throws {
        let row = try #require(KernelVerifier.rows.first { $0.maySleep && $0.linuxType == 31 })
        for type in MapType.allCases {
            guard type != .arena, let map = KernelMaps.map(type) else { continue }
            var code = Code()
            code.map(1, map)
            code.finish(0)
            let answer = KernelVerifier.load(row, code: code)
            #expect(
                answer.isAccepted == MapTypeSet.forSleepers.contains(type), "\(type): \(answer.complaint)")
        }
    }

    @Test("maps can be made with keys of the size that the table says, and of no other")
    func keys() {
        for type in MapType.allCases {
            guard KernelMaps.plain[type] != nil, let size = type.traits.keySize else { continue }
            #expect(KernelMaps.isMade(type, key: size) && !KernelMaps.isMade(type, key: size + 8), "\(type)")
        }
    }
}

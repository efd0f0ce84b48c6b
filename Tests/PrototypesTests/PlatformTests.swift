import Prototypes
import Testing

@Suite("What a program's meaning rests on")
struct PlatformTests {
    private static let xdp: ProgramDescriptor = {
        guard let row = ProgramDescriptor.row(section: "xdp") else { preconditionFailure("there are XDP programs") }
        return row
    }()

    @Test(
        "T96: a row of a helper that the type may call changes the platform, whatever in it changes; of another, it does not"
    )
    func helpers() throws {
        let before = Self.xdp.platformText(verifier: 4)
        #expect(Self.xdp.platformText(verifier: 4) == before)
        let changes: [(inout HelperPrototype) -> Void] = [
            { $0.name = "bpf_other" }, { $0.result = $0.result == .integer ? .void : .integer },
            { $0.arguments[4] = $0.arguments[4] == .spinLock ? .timer : .spinLock },
            { $0.traits.formSymmetricDifference(.publishes) }, { $0.maps.formSymmetricDifference(MapTypeSet(.arena)) },
            { $0.callback = $0.callback == .timer ? .mapElement : .timer },
        ]
        var offered = 0
        for row in HelperPrototype.all where row.id != 0 {
            for change in changes {
                let after = Self.xdp.platformText(
                    verifier: 4,
                    helper: { id in
                        guard var changed = HelperPrototype.row(id) else { return nil }
                        if id == row.id { change(&changed) }
                        return changed
                    })
                #expect((after != before) == Self.xdp.helpers.contains(row.id), "\(row.name)")
            }
            if Self.xdp.helpers.contains(row.id) { offered += 1 }
            // A helper that is no longer there.
            let gone = Self.xdp.platformText(verifier: 4, helper: { $0 == row.id ? nil : HelperPrototype.row($0) })
            #expect((gone != before) == Self.xdp.helpers.contains(row.id))
        }
        #expect(offered > 50)
    }

    @Test(
        "T96: every part of a type's row but its sections changes the platform, and so does every field of its context")
    func rows() {
        let before = Self.xdp.platformText(verifier: 4)
        let changes: [(inout ProgramDescriptor) -> Void] = [
            { $0.name = "xdq" }, { $0.linuxType = 7 }, { $0.attachType = 33 }, { $0.context.name = "other" },
            { $0.context.size += 4 }, { $0.results = 0...1 }, { $0.results = .min ... .max },
            { $0.mayLeakAddresses.toggle() }, { $0.mayWritePacket.toggle() }, { $0.mayPassPacket.toggle() },
            { $0.isPacketPlain.toggle() }, { $0.hasClassicLoads.toggle() }, { $0.maySleep.toggle() },
            { $0.helpers.insert(4) }, { $0.context.fields.removeLast() }, { $0.context.fields.swapAt(0, 1) },
        ]
        for (index, change) in changes.enumerated() {
            var row = Self.xdp
            change(&row)
            #expect(row.platformText(verifier: 4) != before, "change \(index)")
        }
        let fields: [(inout ContextField) -> Void] = [
            { $0.name = "other" }, { $0.offset += 4 }, { $0.size += 4 },
            { $0.meaning = $0.meaning == .number ? .words : .number }, { $0.isWritable.toggle() },
            { $0.isNarrowable.toggle() },
        ]
        for field in Self.xdp.context.fields.indices {
            for change in fields {
                var row = Self.xdp
                change(&row.context.fields[field])
                #expect(row.platformText(verifier: 4) != before)
            }
        }
        var row = Self.xdp
        row.sections = ["xdp.other"]
        #expect(row.platformText(verifier: 4) == before)
    }

    @Test("T96: the traits of maps, what lies behind pointers, and the verifier's version change the platform")
    func rest() {
        let before = Self.xdp.platformText(verifier: 4)
        #expect(Self.xdp.platformText(verifier: 5) != before)
        let changes: [(inout MapTraits) -> Void] = [
            { $0.lookup = $0.lookup == .none ? .value : .none }, { $0.keySize = $0.keySize == 4 ? nil : 4 },
            { $0.isArray.toggle() }, { $0.isPerCPU.toggle() }, { $0.isReadOnly.toggle() }, { $0.takesSockets.toggle() },
            { $0.mayHoldLock.toggle() }, { $0.mayHoldTimer.toggle() }, { $0.hasDirectValues.toggle() },
        ]
        for type in MapType.allCases {
            for change in changes {
                let after = Self.xdp.platformText(
                    verifier: 4,
                    traits: {
                        var traits = $0.traits
                        if $0 == type { change(&traits) }
                        return traits
                    })
                #expect(after != before)
            }
        }
        for index in ObjectLayout.all.indices {
            var objects = ObjectLayout.all
            objects[index].fields.removeFirst()
            #expect(Self.xdp.platformText(verifier: 4, objects: objects) != before)
        }
    }

    @Test("T96: a property that is added to one of the tables is not forgotten here")
    func properties() {
        func labels(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label) }
        #expect(
            labels(HelperPrototype.row(1)!) == ["id", "name", "result", "arguments", "traits", "maps", "callback"])
        #expect(
            labels(Self.xdp) == [
                "name", "linuxType", "attachType", "sections", "context", "results", "mayLeakAddresses",
                "mayWritePacket", "mayPassPacket", "isPacketPlain", "hasClassicLoads", "maySleep", "helpers",
            ])
        #expect(labels(Self.xdp.context) == ["name", "size", "fields"])
        #expect(
            labels(Self.xdp.context.fields[0]) == ["name", "offset", "size", "meaning", "isWritable", "isNarrowable"])
        #expect(
            labels(MapType.hash.traits) == [
                "lookup", "keySize", "isArray", "isPerCPU", "isReadOnly", "takesSockets", "mayHoldLock",
                "mayHoldTimer", "hasDirectValues",
            ])
        #expect(labels(Self.xdp.events!) == ["packet", "buffer", "verdicts", "isRecord", "hidden", "memory"])
        #expect(labels(Self.xdp.events!.verdicts) == ["rows", "rule", "closed", "open", "exemption"])
    }

    @Test("types that are given other things, or whose results mean other things, have other platforms")
    func distinct() {
        let texts = ProgramDescriptor.all.map { $0.platformText(verifier: 4) }
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { $0.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) } })
    }
}

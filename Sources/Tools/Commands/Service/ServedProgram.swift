internal import Channel
internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Maps
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Prototypes
internal import Sandbox
internal import ServiceAPI

/// A program that the service has, with its cell and its maps.
final class ServedProgram {
    let id: UInt32
    let owner: UInt32
    let loaded: Int64
    /// Where its maps are kept, below the state directory.
    let maps: String
    private let mapPath: String
    /// As it was asked for, so that it can be loaded again.
    let order: LoadOrder
    /// The ids of its maps, in their order.
    let mapIDs: [UInt32]
    var pins: Set<String> = []
    private(set) var program: LinkedProgram

    init(
        id: UInt32, owner: UInt32, loaded: Int64, maps: (name: String, path: String), order: LoadOrder,
        firstMap: UInt32,
        _ program: consuming LinkedProgram
    ) {
        (self.id, self.owner, self.loaded, self.order) = (id, owner, loaded, order)
        (self.maps, mapPath) = maps
        mapIDs = program.permit.program.maps.indices.map { firstMap + UInt32($0) }
        self.program = program
    }

    var record: ProgramRecord {
        let statistics = program.governed.withSandbox { $0.statistics } ?? Sandbox.Statistics()
        let admitted = program.permit.program
        return ProgramRecord(
            id: id, name: admitted.program.name, section: admitted.program.section,
            type: admitted.identity.type.value?.rawValue ?? "unknown", object: "\(program.loaded.digest)",
            digest: admitted.identity.digest.value.map { "\($0)" } ?? "unknown", tier: program.governed.tier.name,
            isDetached: program.governed.tier == .deny, owner: owner, loaded: loaded, maps: mapIDs,
            mapDirectory: mapPath,
            pins: pins.sorted(), events: statistics.events,
            instructions: program.executionMode.countsFuel ? statistics.instructions : nil,
            programFaults: statistics.programFaults, cellFailures: statistics.cellFailures,
            cellProcess: program.governed.withSandbox { $0.cellProcess })
    }

    var mapRecords: [MapRecord] {
        zip(mapIDs, program.permit.program.maps).map { id, map in
            MapRecord(
                id: id, name: map.name, type: "\(linuxNameOfMapType(map.type))",
                keySize: map.keySize, valueSize: map.valueSize, maximumEntries: map.maximumEntries,
                program: self.id, isReadOnly: map.isReadOnly)
        }
    }

    /// Does something with one of its maps.
    func withMap<Result>(
        _ id: UInt32, _ body: (Map, MapDefinition) throws(ServiceProblem) -> Result
    ) throws(ServiceProblem) -> Result? {
        guard let index = mapIDs.firstIndex(of: id) else { return nil }
        let definition = program.permit.program.maps[index]
        return try program.governed.withSandbox { (sandbox) throws(ServiceProblem) in
            let map: Map
            do throws(SandboxError) { map = try sandbox.maps.map(named: definition.name) } catch {
                throw ServiceProblem(.internalError, "\(error)")
            }
            return try body(map, definition)
        }
    }

    /// What is done now and then: the policies that are in force by now decide about it.
    func attend(_ now: UInt64) {
        do throws(LinkError) {
            try program.obey(now)
            program.tidy()
            try program.takeWords(limit: 256)
        } catch { StandardError.write("program \(id): \(error)\n") }
    }

    func run(_ event: Event, times: Int) throws(ServiceProblem) -> RunResult {
        let layout = program.layout
        let name = program.permit.program.program.name
        let result = try program.governed.withSandbox { (sandbox) throws(ServiceProblem) in
            do throws(SandboxError) {
                return try TestRun.perform(&sandbox, event, times: times, within: 2_000_000_000)
            } catch {
                throw ServiceProblem(.internalError, "\(name): \(error)")
            }
        }
        guard let result else {
            throw ServiceProblem(.denied, "the policies that are in force allow this program no more")
        }
        return RunResult(
            returnValue: UInt32(truncatingIfNeeded: result.event.result),
            verdict: "\(layout.shape.verdicts.rows[result.event.verdict].name)",
            nanosecondsPerRun: result.nanoseconds,
            failure: result.event.failure?.sentence(in: program.permit.program),
            data: layout.shape.packet.isNone || result.event.failure != nil ? nil : Hexadecimal.text(result.packet),
            log: result.log)
    }
}

/// What has to be known to load a program: once, and again after the service has ended.
struct LoadOrder: Codable, Equatable {
    /// SHA-256 of the object, which is the name of its file.
    var object: String
    var name: String?
    var section: String?
    var type: String?
    var tier: String?
    var fuel: UInt64
}

internal import Crypto
package import PolicyCore

/// Why a state file is not this host's memory. None of these is a first run: a state that is lost is not made again by itself.
package enum StateProblem: Error, Equatable, Sendable {
    case missing
    case tooLarge(limit: Int)
    case malformed(String)
    /// The authentication code is not the one that this host's key gives.
    case wrongCode
    case otherMachine(found: MachineID, expected: MachineID)
    case keyMalformed
    case alreadyThere
    /// What the state says was in force is not there any more.
    case lost(String)
}

extension StateProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing: "there is no state, and that is not a first run: this host forgot what was in force"
        case .tooLarge(let limit): "more than \(limit) bytes"
        case .malformed(let what): "not a state file: \(what)"
        case .wrongCode: "its authentication code is not this host's"
        case .otherMachine(let found, let expected): "it is of machine \(found.text), and this is \(expected.text)"
        case .keyMalformed: "the key of the authentication code is not 32 bytes"
        case .alreadyThere: "there is a state already"
        case .lost(let what): "\(what) was in force and is not there any more"
        }
    }
}

/// The key of the state's authentication code, and the code. It finds accidents and mixed-up files; who can read it can make any state.
package struct StateKey: Sendable {
    package static let bytes = 32
    private let key: SymmetricKey

    package init(_ bytes: [UInt8]) throws(StateProblem) {
        guard bytes.count == Self.bytes else { throw .keyMalformed }
        key = SymmetricKey(data: bytes)
    }

    fileprivate func code(of text: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("ringfence-state/v1\u{0}".utf8) + text, using: key))
    }
}

extension HostState {
    package static let maximumBytes = 256 * 1024
    package static let maximumFloors = 512
    package static let maximumRecoveries = 512

    /// The one text of a state.
    package func file(_ key: StateKey) -> [UInt8] {
        let text = body
        return Array("{\(text),\"mac\":\"\(hexadecimal(key.code(of: Array(text.utf8))))\"}\n".utf8)
    }

    private var body: String {
        func list(_ items: [String]) -> String { items.joined(separator: ",") }
        let floors = floors.sorted { $0.key < $1.key }.map { name, floor in
            "\"\(name)\":{\"version\":\(floor.version),\"sha256\":\"\(floor.sha256)\",\"root\":\(floor.root),\"active\":\(floor.isActive ? 1 : 0)}"
        }
        let resets = resets.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        var text = "\"v\":1,\"gen\":\(generation),\"install\":\"\(install)\",\"machine\":\"\(machine.text)\""
        text += ",\"floors\":{\(list(floors))},\"resets\":{\(list(resets))}"
        text += ",\"time_floor\":\"\(timeFloor)\",\"time_jump\":\(timeJump)"
        if let boot { text += ",\"boot\":{\"id\":\"\(boot.id)\",\"seconds\":\(boot.seconds)}" }
        if let log { text += ",\"log\":{\"seq\":\(log.sequence),\"head\":\"\(log.sha256)\"}" }
        text += ",\"used_recovery\":[\(list(usedRecoveries.map { "\"\($0)\"" }))]"
        if let recovery { text += ",\"recovery\":\"\(recovery)\"" }
        return text
    }

    /// Reads a state, of this machine and under this key. Only the one text that a state has is read.
    package init(file bytes: [UInt8], key: StateKey, machine expected: MachineID) throws(StateProblem) {
        guard bytes.count <= Self.maximumBytes else { throw .tooLarge(limit: Self.maximumBytes) }
        let json: JSONValue
        do throws(JSONError) {
            json = try StrictJSON.parse(
                bytes, maximumBytes: Self.maximumBytes, integers: true, members: Self.maximumFloors)
        } catch {
            throw .malformed("\(error)")
        }
        guard try json.number("v") == 1 else { throw .malformed("another version") }
        generation = try json.number("gen")
        install = try json.value("install", Nonce.init(text:))
        machine = try json.value("machine") { MachineID($0) }
        floors = [:]
        for (name, value) in try json.table("floors") {
            let isActive = try value.number("active")
            guard isActive <= 1 else { throw .malformed("active") }
            floors[name] = Floor(
                version: try value.number("version"),
                sha256: try value.value("sha256", ContentDigest.init(hexadecimal:)),
                root: try value.number("root"), isActive: isActive == 1)
        }
        resets = [:]
        for (name, value) in try json.table("resets") {
            guard let version = value.integer else { throw .malformed("resets") }
            resets[name] = version
        }
        timeFloor = try json.value("time_floor") { try? UTCTime(text: $0.utf8) }
        timeJump = Int64(clamping: try json.number("time_jump"))
        if let value = json["boot"] {
            boot = Boot(
                id: try value.value("id", Nonce.init(text:)), seconds: Int64(clamping: try value.number("seconds")))
        }
        if let value = json["log"] {
            log = LogHead(
                sequence: try value.number("seq"), sha256: try value.value("head", ContentDigest.init(hexadecimal:)))
        }
        guard case .array(let used) = json["used_recovery"] else { throw .malformed("used_recovery") }
        usedRecoveries = []
        for item in used {
            guard case .string(let text) = item, let nonce = Nonce(text: String(decoding: text, as: UTF8.self)) else {
                throw .malformed("used_recovery")
            }
            usedRecoveries.append(nonce)
        }
        if json["recovery"] != nil { recovery = try json.value("recovery", ContentDigest.init(hexadecimal:)) }
        // Compared in constant time. What was read is written again, so that nothing in the file goes unread.
        let code = try json.value("mac") { PolicyCore.bytes(fromHexadecimal: $0.utf8) }
        let own = key.code(of: Array(body.utf8))
        guard code.count == own.count, zip(code, own).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0 else { throw .wrongCode }
        guard file(key) == bytes else { throw .malformed("not as it is written") }
        guard machine == expected else { throw .otherMachine(found: machine, expected: expected) }
        guard floors[.root] != nil else { throw .malformed("no root") }
    }
}

extension JSONValue {
    fileprivate var integer: UInt64? {
        guard case .number(let digits) = self else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    fileprivate func number(_ name: String) throws(StateProblem) -> UInt64 {
        guard let number = self[name]?.integer else { throw .malformed(name) }
        return number
    }

    fileprivate func value<Value>(_ name: String, _ read: (String) -> Value?) throws(StateProblem) -> Value {
        guard case .string(let text) = self[name], let value = read(String(decoding: text, as: UTF8.self)) else {
            throw .malformed(name)
        }
        return value
    }

    fileprivate func table(_ name: String) throws(StateProblem) -> [(FloorName, JSONValue)] {
        guard case .object(let members) = self[name] else { throw .malformed(name) }
        var table: [(FloorName, JSONValue)] = []
        for member in members {
            guard let floor = FloorName(text: String(decoding: member.name, as: UTF8.self)) else {
                throw .malformed(name)
            }
            table.append((floor, member.value))
        }
        return table
    }
}

/// What an event brings along of a process's memory, as a slot has it:
///
/// ```
/// number of parts u32, reserved u32
/// for each part: address u64, bytes u32, offset of its bytes from the start u32
/// the bytes
/// ```
/// The helpers that read it believe none of it: an offset that leads elsewhere is an access that is refused.
package enum EventMemory {
    static let headerSize: Int64 = 8
    static let partSize: Int64 = 16

    /// Bytes that all of it may have, and how many parts.
    package static let capacity = 12 << 10
    package static let partLimit = 48

    /// Bytes at an address.
    package struct Part: Equatable, Sendable {
        package let address: UInt64
        package let bytes: [UInt8]

        package init(address: UInt64, bytes: [UInt8]) {
            self.address = address
            self.bytes = bytes
        }
    }

    /// The form in which ``Event/memory`` has them. What there is no room for is left out, the last first; parts that touch become one, so that
    /// what lies in both can be read at once.
    package static func bytes(of parts: [Part]) -> [UInt8] {
        var chosen: [Part] = []
        var room = capacity - Int(headerSize)
        for part in parts where !part.bytes.isEmpty && chosen.count < partLimit {
            let own = Int(partSize) + part.bytes.count
            guard own <= room else { continue }
            room -= own
            chosen.append(part)
        }
        var joined: [Part] = []
        for part in chosen.sorted(by: { $0.address < $1.address }) {
            guard let last = joined.last, part.address - last.address <= UInt64(last.bytes.count) else {
                joined.append(part)
                continue
            }
            let known = last.bytes.count - Int(part.address - last.address)
            joined[joined.count - 1] = Part(address: last.address, bytes: last.bytes + part.bytes.dropFirst(known))
        }
        var bytes: [UInt8] = []
        bytes.append(UInt32(joined.count))
        bytes.append(0 as UInt32)
        var offset = UInt32(headerSize) + UInt32(joined.count) * UInt32(partSize)
        for part in joined {
            bytes.append(part.address)
            bytes.append(UInt32(part.bytes.count))
            bytes.append(offset)
            offset += UInt32(part.bytes.count)
        }
        for part in joined { bytes += part.bytes }
        return bytes
    }

    /// No part at all.
    static let none = [UInt8](repeating: 0, count: Int(headerSize))
}

/// Addresses as text, strictly: four numbers without leading zeros (RFC 6943, section 3.1.1), and RFC 4291's forms.
package enum NetworkAddress {
    package static func ipv4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part.count == 1 || part.first != "0",
                let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// A `struct sockaddr_in`, from an address of IPv4 and a port behind a colon: AF_INET, which is 2 everywhere.
    package static func socketAddress(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = ipv4(parts[0]), let port = UInt16(parts[1]) else { return nil }
        return [2, 0, UInt8(port >> 8), UInt8(port & 0xFF)] + address + [UInt8](repeating: 0, count: 8)
    }

    package static func ipv6(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        switch halves.count {
        case 1: return groups(text).flatMap { $0.count == 16 ? $0 : nil }
        case 2:
            guard let front = halves[0].isEmpty ? [] : groups(String(halves[0]), isLast: false),
                let back = halves[1].isEmpty ? [] : groups(String(halves[1])), front.count + back.count <= 14
            else { return nil }
            return front + [UInt8](repeating: 0, count: 16 - front.count - back.count) + back
        case _: return nil
        }
    }

    /// The bytes of groups of four digits; the last two groups of an address may be one of IPv4.
    private static func groups(_ text: String, isLast: Bool = true) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains("."), isLast, index == parts.count - 1 {
                guard let inner = ipv4(part) else { return nil }
                bytes += inner
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
        }
        return bytes
    }
}

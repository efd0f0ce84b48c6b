/// The image that runs in every cell, as bytes: the host never calls it, it only hands it to machines.
package enum CellImage {
    /// The flat file that `Images/cell.ld` describes.
    package static let bytes: [UInt8] = decode(imageHexadecimal)

    fileprivate static func decode(_ text: StaticString) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8CodeUnitCount / 2)
        var high: UInt8?
        for digit in "\(text)".utf8 {
            let value = digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}

/// What runs in the kernel while a host is observed, `Images/shim/observation.bpf.c`: the object file that libbpf is given.
package enum ObservationShim {
    package static let object: [UInt8] = CellImage.decode(shimHexadecimal)
}

/// How long the records of a tracepoint are, read from `events/CATEGORY/NAME/format` (kernel/trace/trace_events.c, `f_show`).
package struct TracepointFormat: Equatable, Sendable {
    /// Bytes up to the end of the last field.
    package let size: Int
    /// Where a record tells of a part behind that (`__data_loc`): the first two such places. Of further ones the records do not bring the bytes.
    package let places: [Int]

    /// Nil where a line that begins as a field does not go on as one.
    package init?(_ text: String) {
        var size = 0
        var places: [Int] = []
        for line in text.split(separator: "\n") where line.drop(while: { $0 == "\t" }).hasPrefix("field:") {
            guard let offset = Self.number("offset:", in: line), let length = Self.number("size:", in: line) else {
                return nil
            }
            size = max(size, offset + length)
            // 0 says that there is no such place, and is the place of none: the first eight bytes are the kernel's.
            if line.contains("field:__data_loc "), places.count < 2, offset >= 8 { places.append(offset) }
        }
        guard size > 8 else { return nil }
        self.size = size
        self.places = places
    }

    /// What the shim is told of a hook with every event.
    func cookie(of hook: Int) -> UInt64 {
        var cookie = UInt64(size) | UInt64(hook) << 48
        for (index, place) in places.enumerated() { cookie |= UInt64(place) << UInt64(16 * (index + 1)) }
        return cookie
    }

    private static func number(_ label: String, in line: Substring) -> Int? {
        for part in line.split(separator: ";") {
            let part = part.drop { $0 == "\t" || $0 == " " }
            guard part.hasPrefix(label) else { continue }
            guard let number = Int(part.dropFirst(label.count)), (0..<0x8000).contains(number) else { return nil }
            return number
        }
        return nil
    }
}

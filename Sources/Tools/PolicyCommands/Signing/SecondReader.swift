internal import PolicyCore
internal import TOMLKit

/// A second reader of policy text, which shares nothing with the first: toml++, by TOMLKit.
///
/// Text that two readers take for different things is not signed: one of them, or a person, would be deceived. The second reader is not built to
/// face attackers, and sees only what the first has accepted, at the desk of who signs.
enum SecondReader {
    enum Disagreement: Error, Equatable, CustomStringConvertible {
        case refuses(String)
        /// Where the trees part: `permit[2].when.type`.
        case differs(at: String)

        var description: String {
            switch self {
            case .refuses(let reason): "a second TOML reader refuses what the first accepts: \(reason)"
            case .differs(let place): "a second TOML reader reads something else at \(place)"
            }
        }
    }

    /// - Parameter table: what the first reader made of the same bytes.
    static func confirm(_ table: PolicyCore.TOMLTable, of bytes: [UInt8]) throws(Disagreement) {
        let document: TOMLKit.TOMLTable
        do {
            document = try TOMLKit.TOMLTable(string: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw .refuses("\(error)")
        }
        // Every value that is taken out points into the document.
        let place = withExtendedLifetime(document) { difference(table, document, at: "") }
        if let place { throw .differs(at: place.isEmpty ? "the top" : place) }
    }

    /// The place of the first difference.
    private static func difference(_ table: PolicyCore.TOMLTable, _ other: TOMLKit.TOMLTable, at place: String)
        -> String?
    {
        func inner(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
        let keys = Set(other.keys)
        for entry in table.entries {
            guard keys.contains(entry.key), let value = other[entry.key] else { return inner(entry.key) }
            if let difference = difference(entry.value.content, value, at: inner(entry.key)) { return difference }
        }
        return other.keys.count == table.entries.count
            ? nil : inner(other.keys.first { key in !table.entries.contains { $0.key == key } } ?? "the keys")
    }

    private static func difference(
        _ content: PolicyCore.TOMLValue.Content, _ value: any TOMLValueConvertible, at place: String
    ) -> String? {
        switch content {
        case .string(let text):
            guard let other = value.string else { return place }
            return Array(other.utf8) == Array(text.utf8) ? nil : place
        case .integer(let number):
            return value.int.map { Int64($0) } == Int64(exactly: number) && value.int != nil ? nil : place
        case .boolean(let flag): return value.bool == flag ? nil : place
        case .time(let time): return value.dateTime.map { $0.text } == time.description ? nil : place
        case .list(let items):
            guard let other = value.array, other.count == items.count else { return place }
            for (index, item) in items.enumerated() {
                if let found = difference(item.content, other[index], at: "\(place)[\(index)]") { return found }
            }
            return nil
        case .table(let table):
            guard let other = value.table else { return place }
            return difference(table, other, at: place)
        case .tables(let tables):
            guard let other = value.array, other.count == tables.count else { return place }
            for (index, table) in tables.enumerated() {
                guard let element = other[index].table else { return "\(place)[\(index)]" }
                if let found = difference(table, element, at: "\(place)[\(index)]") { return found }
            }
            return nil
        }
    }
}

extension TOMLDateTime {
    /// In the one form that policies have; something else where it has an offset or parts of seconds.
    fileprivate var text: String {
        func padded(_ number: Int, _ digits: Int = 2) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let day = "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))"
        let hour = "\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))"
        let rest = time.nanoSecond == 0 ? "" : ".\(time.nanoSecond)"
        return "\(day)T\(hour)\(rest)\(offset.map { $0.offset == 0 ? "Z" : "+\($0.offset)" } ?? "")"
    }
}

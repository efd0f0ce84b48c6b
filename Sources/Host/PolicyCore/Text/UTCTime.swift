/// A second of UTC, 1970 to 9999.
///
/// Its one text form is `YYYY-MM-DDTHH:MM:SSZ`, read strictly: the calendar is real, there is no 24:00:00 and no leap
/// second, and nothing may follow the `Z`.
package struct UTCTime: Hashable, Comparable, Sendable {
    package let secondsSince1970: Int64

    package init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    package static func < (left: UTCTime, right: UTCTime) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    /// What is wrong with a text that should be a time.
    package enum Malformation: Error, Equatable, Sendable, CustomStringConvertible {
        case shape
        case outOfRange(String, Int)

        package var description: String {
            switch self {
            case .shape: "a time is written YYYY-MM-DDTHH:MM:SSZ, in UTC, in exactly these 20 characters"
            case .outOfRange(let field, let value): "no such time: \(field) \(value) does not exist there"
            }
        }
    }

    /// Reads the 20 characters.
    package init(text: some Collection<UInt8>) throws(Malformation) {
        let pattern = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
        guard text.count == pattern.count else { throw .shape }
        var fields = [0]
        for (byte, expected) in zip(text, pattern) {
            if expected == UInt8(ascii: "d") {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { throw .shape }
                fields[fields.count - 1] = fields[fields.count - 1] * 10 + Int(byte - UInt8(ascii: "0"))
            } else {
                guard byte == expected else { throw .shape }
                fields.append(0)
            }
        }
        let (year, month, day, hour, minute, second) = (
            fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]
        )
        guard year >= 1970 else { throw .outOfRange("year", year) }
        guard (1...12).contains(month) else { throw .outOfRange("month", month) }
        guard day >= 1, day <= Self.days(inMonth: month, of: year) else { throw .outOfRange("day", day) }
        guard hour < 24 else { throw .outOfRange("hour", hour) }
        guard minute < 60 else { throw .outOfRange("minute", minute) }
        guard second < 60 else { throw .outOfRange("second", second) }
        var days = 365 * (year - 1970) + Self.leapYears(before: year) - Self.leapYears(before: 1970) + day - 1
        for earlier in 1..<month { days += Self.days(inMonth: earlier, of: year) }
        secondsSince1970 = Int64(((days * 24 + hour) * 60 + minute) * 60 + second)
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// Leap years from year 1 to the end of the year before `year`.
    private static func leapYears(before year: Int) -> Int { (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }
}

extension UTCTime: CustomStringConvertible {
    package var description: String {
        var days = Int(secondsSince1970 / 86_400)
        let rest = Int(secondsSince1970 % 86_400)
        guard secondsSince1970 >= 0, days < 2_932_897 else { return "\(secondsSince1970) s after 1970" }
        // No year has more than 366 days, so this year is never after the right one.
        var year = 1970 + days / 366
        days -= 365 * (year - 1970) + Self.leapYears(before: year) - Self.leapYears(before: 1970)
        while days >= (Self.isLeap(year) ? 366 : 365) {
            days -= Self.isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while days >= Self.days(inMonth: month, of: year) {
            days -= Self.days(inMonth: month, of: year)
            month += 1
        }
        func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = "\(year)-\(padded(month))-\(padded(days + 1))"
        return "\(date)T\(padded(rest / 3600)):\(padded(rest / 60 % 60)):\(padded(rest % 60))Z"
    }
}

/// Puts types out of several tables into one, in which no type is there twice.
package struct ValueTypesBuilder {
    private var rows: [ValueType] = []
    private var places: [ValueType: Int] = [:]

    package init() {}

    /// The place of a type of another table, which is added with all that it consists of.
    package mutating func adopt(_ type: Int, of table: ValueTypes) -> Int {
        var known: [Int: Int] = [:]
        return adopt(type, of: table, &known)
    }

    /// References lead back in the other table, so this ends; what is known is not walked again.
    private mutating func adopt(_ type: Int, of table: ValueTypes, _ known: inout [Int: Int]) -> Int {
        if let place = known[type] { return place }
        var row = table.types[type]
        switch row.shape {
        case .integer, .float, .enumeration, .pointer: break
        case .array(let element, let count):
            row.shape = .array(element: adopt(element, of: table, &known), count: count)
        case .alias(let other): row.shape = .alias(adopt(other, of: table, &known))
        case .structure(let size, let members):
            row.shape = .structure(size: size, members.map { adopt($0, of: table, &known) })
        case .union(let size, let members):
            row.shape = .union(size: size, members.map { adopt($0, of: table, &known) })
        }
        let place = places[row] ?? rows.count
        if place == rows.count {
            rows.append(row)
            places[row] = place
        }
        known[type] = place
        return place
    }

    private mutating func adopt(
        _ member: ValueType.Member, of table: ValueTypes, _ known: inout [Int: Int]
    ) -> ValueType.Member {
        var member = member
        member.type = adopt(member.type, of: table, &known)
        return member
    }

    package func table() throws(ValueTypeError) -> ValueTypes { try ValueTypes(rows) }
}

extension Rule {
    init(reading table: TOMLTable, effect: Effect) throws(PolicyTextError) {
        let keys = try SchemaTable(
            table, name: "[[\(effect.rawValue)]]",
            keys: ["id", "tier", "when", "note", "mode"] + (effect == .permit ? ["unsafe_no_author"] : []))
        self.effect = effect
        position = table.position
        id = try keys.required("id").identifier()
        // A permit of "deny" would permit nothing, and a forbid of "deny" would forbid the denial.
        tier = try keys.required("tier").tier(from: .interpGuest)
        note = try keys.optional("note")?.string()
        isShadow = try keys.optional("mode")?.word([("enforce", false), ("shadow", true)]) ?? false
        isUnsafeWithoutAuthor = try keys.optional("unsafe_no_author")?.boolean() ?? false
        let when = try keys.required("when")
        conditions = []
        for entry in try when.table().entries { conditions.append(try Condition(reading: entry)) }
        if effect == .forbid, let age = conditions.first(where: \.key.fact.isAge) {
            throw when.invalid("\"\(age.key.rawValue)\" in a forbid would end with time; ask for it in permits")
        }
        if effect == .permit, !conditions.contains(where: { $0.key.fact.namesAuthor || $0.key == .type }) {
            throw when.invalid(
                "a permit has to say which programs it means, by \"program\", \"object\", \"signer\" or at least \"type\""
            )
        }
    }
}

extension Condition {
    fileprivate init(reading entry: TOMLTable.Entry) throws(PolicyTextError) {
        guard let key = Key.byName[entry.key] else {
            throw PolicyTextError(
                .unknownKey(entry.key, table: "\"when\"", expected: Key.allCases.map(\.rawValue)), at: entry.position)
        }
        let value = SchemaValue(key: entry.key, value: entry.value)
        let shape = key.fact.shape
        switch key.relation {
        case .isSignedBy:
            self.init(
                key, .aliases(try value.distinctOrOne { item throws(PolicyTextError) in [try item.identifier()] }))
        case .isOneOf, .intersects, .isDisjoint, .isWithin:
            self.init(
                key,
                .atoms(try value.distinctOrOne { item throws(PolicyTextError) in try item.atoms(of: key.fact, shape) }))
        case .isAtMost, .isAtLeast:
            guard case .number(let limit) = try value.atom(of: shape) else {
                throw value.wrongType(shape.expectation)
            }
            self.init(key, .limit(limit))
        case .isFlag: self.init(key, .flag(try value.boolean()))
        }
    }
}

extension SchemaValue {
    /// What a word stands for: one thing, or what `pass` sums up.
    fileprivate func atoms(of fact: FactName, _ shape: FactShape) throws(PolicyTextError) -> [FactAtom] {
        if fact == .verdict, case .string("pass") = value.content {
            return ProgramVerdict.allCases.filter(\.isPass).map { .word($0.rawValue) }
        }
        return [try atom(of: shape)]
    }

    func atom(of shape: FactShape) throws(PolicyTextError) -> FactAtom {
        switch (shape, value.content) {
        case (.number, .integer(let number)): return .number(number)
        case (.helpers, .integer(let number)):
            guard let number = UInt32(exactly: number), number > 0 else {
                throw unknown("\(number)", expected: "a helper's number, from 1 to \(UInt32.max)")
            }
            return .number(UInt64(number))
        case (.number, _): throw wrongType("an integer")
        case (.flag, .boolean(let flag)): return .flag(flag)
        case (.flag, _): throw wrongType("true or false")
        case (.helpers, .string(let text)):
            // Records spell a helper without a name as "helper 300"; a policy writes the number itself.
            guard let helper = HelperFunction(name: text) else { throw unknown(text, expected: shape.expectation) }
            return .number(UInt64(helper.number))
        case (_, .string(let text)):
            guard let atom = shape.atom(text) else { throw unknown(text, expected: shape.expectation) }
            return atom
        case (.helpers, _): throw wrongType("a helper's name or number")
        case (_, _): throw wrongType("a string")
        }
    }

    /// A list that has items, or one item without the brackets; what an item stands for may be several things.
    fileprivate func distinctOrOne<Item: Equatable>(
        _ read: (SchemaValue) throws(PolicyTextError) -> [Item]
    ) throws(PolicyTextError) -> [Item] {
        guard case .list = value.content else { return try read(self) }
        let items = try items()
        guard !items.isEmpty else { throw invalid("an empty list matches nothing") }
        var result: [Item] = []
        for item in items {
            for next in try read(item) {
                guard !result.contains(next) else { throw item.invalid("is listed twice") }
                result.append(next)
            }
        }
        return result
    }
}

extension Rule {
    init(reading table: TOMLTable, effect: Effect) throws(PolicyTextError) {
        let keys = try SchemaTable(table, name: "[[\(effect.rawValue)]]", keys: ["id", "tier", "when", "note"])
        self.effect = effect
        position = table.position
        id = try keys.required("id").identifier()
        // A permit of "deny" would permit nothing, and a forbid of "deny" would forbid the denial.
        tier = try keys.required("tier").tier(from: .interpGuest)
        note = try keys.optional("note")?.string()
        let when = try keys.required("when")
        conditions = []
        for entry in try when.table().entries { conditions.append(try Condition(reading: entry)) }
        if effect == .permit, !conditions.contains(where: \.identifiesProgram) {
            throw when.invalid("a permit has to say which programs it means, by \"program\" or at least \"type\"")
        }
    }
}

extension Condition {
    fileprivate init(reading entry: TOMLTable.Entry) throws(PolicyTextError) {
        guard let key = Key(rawValue: entry.key) else {
            throw PolicyTextError(
                .unknownKey(entry.key, table: "\"when\"", expected: Key.allCases.map(\.rawValue)), at: entry.position)
        }
        let value = SchemaValue(key: entry.key, value: entry.value)
        switch key {
        case .program: self = .program(try value.distinct { item throws(PolicyTextError) in try item.programDigest() })
        case .type: self = .type(try value.distinct { item throws(PolicyTextError) in try item.word() })
        case .helpersAny: self = .helpersAny(try value.distinct { item throws(PolicyTextError) in try item.helper() })
        case .instructionsAtMost: self = .instructionsAtMost(try value.integer())
        case .verdict: self = .verdict(try value.distinct { item throws(PolicyTextError) in try item.word() })
        case .verifierOptions:
            self = .verifierOptions(try value.distinct { item throws(PolicyTextError) in try item.word() })
        case .hostKVM: self = .hostKVM(try value.distinct { item throws(PolicyTextError) in try item.word() })
        }
    }
}

extension SchemaValue {
    func programDigest() throws(PolicyTextError) -> ProgramDigest {
        let text = try string()
        guard let digest = ProgramDigest(text: text) else {
            throw unknown(text, expected: "\(ProgramDigest.prefix)<64 lower-case hexadecimal digits>")
        }
        return digest
    }

    /// A helper by name or by number.
    func helper() throws(PolicyTextError) -> HelperFunction {
        switch value.content {
        case .integer(let number):
            guard let number = UInt32(exactly: number), number > 0 else {
                throw unknown("\(number)", expected: "a helper's number, from 1 to \(UInt32.max)")
            }
            return HelperFunction(number: number)
        case .string(let name):
            guard let helper = HelperFunction(name: name) else {
                throw unknown(
                    name, expected: "a helper's name as Linux has it, such as bpf_map_lookup_elem, or its number")
            }
            return helper
        case .boolean, .time, .list, .table, .tables: throw wrongType("a helper's name or number")
        }
    }
}

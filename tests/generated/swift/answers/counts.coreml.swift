import Tagger

func counted(_ values: [Bool]) throws -> BoolTensor { try BoolTensor(values, shape: [1, values.count]) }

/** A value that can be written as YAML. */
export type YamlValue = string | number | readonly YamlValue[] | { readonly [key: string]: YamlValue | undefined }

/** Words that YAML reads as something else than text. */
const reserved = /^(true|false|null|yes|no|on|off|y|n|~)$/i

/** Returns a value as YAML in blocks. Keys are plain words; properties that are undefined are omitted. */
export function yaml(value: YamlValue): string {
  return `${lines(value).join('\n')}\n`
}

function lines(value: YamlValue): readonly string[] {
  if (typeof value !== 'object') return scalar(value)
  if (isList(value)) return value.length === 0 ? ['[]'] : value.flatMap((item) => prefixed('- ', '  ', lines(item)))
  const entries = Object.entries(value).filter((entry): entry is [string, YamlValue] => entry[1] !== undefined)
  return entries.length === 0 ? ['{}'] : entries.flatMap(([key, item]) => property(key, item))
}

function property(key: string, value: YamlValue): readonly string[] {
  const written = lines(value)
  const nested = typeof value === 'object' && !/^[[{]/.test(written[0]!)
  return nested
    ? [`${key}:`, ...prefixed('  ', '  ', written)]
    : [`${key}: ${written[0]}`, ...prefixed('  ', '  ', written.slice(1))]
}

function scalar(value: string | number): readonly string[] {
  if (typeof value === 'number') return [String(value)]
  if (value.includes('\n')) return ['|-', ...value.split('\n')]
  const plain = /^(?:[A-Za-z][^#\\]*|\d+[a-z])$/.test(value) && !/:(?: |$)|[\s]$/.test(value) && !reserved.test(value)
  // A JSON string is a YAML string.
  return [plain ? value : JSON.stringify(value)]
}

function prefixed(first: string, rest: string, text: readonly string[]): readonly string[] {
  return text.map((line, i) => (i === 0 ? first : rest) + line)
}

function isList(value: object): value is readonly YamlValue[] {
  return Array.isArray(value)
}

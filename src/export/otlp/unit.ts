/** Units by their name in Prometheus. */
const units: ReadonlyMap<string, string> = new Map([
  ['nanoseconds', 'ns'],
  ['microseconds', 'us'],
  ['milliseconds', 'ms'],
  ['seconds', 's'],
  ['minutes', 'min'],
  ['hours', 'h'],
  ['days', 'd'],
  ['bytes', 'By'],
  ['kilobytes', 'kBy'],
  ['megabytes', 'MBy'],
  ['gigabytes', 'GBy'],
  ['terabytes', 'TBy'],
  ['kibibytes', 'KiBy'],
  ['mebibytes', 'MiBy'],
  ['gibibytes', 'GiBy'],
  ['tebibytes', 'TiBy'],
  ['bits', 'bit'],
  ['meters', 'm'],
  ['grams', 'g'],
  ['kilograms', 'kg'],
  ['joules', 'J'],
  ['watts', 'W'],
  ['volts', 'V'],
  ['amperes', 'A'],
  ['celsius', 'Cel'],
  ['hertz', 'Hz'],
  ['percent', '%'],
  ['ratio', '1'],
])

/** Units after `per`, which are singular. */
const perUnits: ReadonlyMap<string, string> = new Map([
  ['second', 's'],
  ['minute', 'min'],
  ['hour', 'h'],
  ['day', 'd'],
  ['week', 'wk'],
  ['month', 'mo'],
  ['year', 'a'],
  ['meter', 'm'],
])

/**
 * Returns a unit of Prometheus in the notation of OpenTelemetry: an abbreviation of UCUM if there is one, otherwise the
 * unchanged word.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata
 *
 * @example otlpUnit('bytes_per_second') // 'By/s'
 */
export function otlpUnit(unit: string): string {
  const [counted = '', per] = unit.split('_per_')
  const first = units.get(counted) ?? counted
  return per === undefined ? first : `${first}/${perUnits.get(per) ?? units.get(per) ?? per}`
}

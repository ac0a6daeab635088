import { firstSet, otlpVariables } from '../../platform/environment.js'
import { keyValues } from './resource.js'

type Name = keyof typeof otlpVariables

/**
 * Reads the variables of OpenTelemetry. As its specification requires, an invalid value is reported and ignored.
 *
 * Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export class OtlpEnvironment {
  /** @param ignored receives the reason why a variable is ignored */
  constructor(
    private readonly environment: NodeJS.ProcessEnv,
    readonly ignored: (text: string) => void,
  ) {}

  text(name: Name): string | undefined {
    return firstSet(otlpVariables[name], this.environment)?.[1].trim()
  }

  /** The name of the variable that is set, for error texts; the first one if none is. */
  nameOf(name: Name): string {
    return firstSet(otlpVariables[name], this.environment)?.[0] ?? otlpVariables[name][0]
  }

  isTrue(name: Name): boolean {
    return this.text(name)?.toLowerCase() === 'true'
  }

  /** A number of milliseconds, as seconds. */
  seconds(name: Name, least: number): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const milliseconds = Number(text)
    if (/^\d+$/.test(text) && milliseconds >= least && milliseconds <= 86_400_000) return milliseconds / 1000
    return this.ignore(name, `must be a whole number of milliseconds from ${least} to 86400000`)
  }

  oneOf<T extends string>(name: Name, words: readonly T[], advice = ''): T | undefined {
    const text = this.text(name)?.toLowerCase()
    if (text === undefined) return undefined
    const word = words.find((each) => each === text)
    return word ?? this.ignore(name, `must be ${words.join(' or ')}${advice}`)
  }

  headers(name: Name): Readonly<Record<string, string>> | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    return keyValues(text) ?? this.ignore(name, 'must be key=value,key=value, with "%2C" for a comma in a value')
  }

  /** Without the value, which may contain a password. */
  private ignore(name: Name, what: string): undefined {
    this.ignored(`${this.nameOf(name)} is ignored: it ${what}`)
    return undefined
  }
}

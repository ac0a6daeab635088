import { MetricsError } from '../../src/model/errors.js'

/** The code and the text of the error that wrong use throws: `NAME_INVALID: "a b" is not …`. */
export function faultOf(wrong: () => unknown): string {
  try {
    wrong()
  } catch (error) {
    if (error instanceof MetricsError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no error'
}

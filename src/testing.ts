export { backendCases, backendConformance } from './testing/backend-conformance.js'
export type { ConformanceCase, ConformanceStage, Conforming, Supports, TestFramework } from './testing/conformance.js'
export { type ConformingValues, valueBackendConformance } from './testing/value-conformance.js'

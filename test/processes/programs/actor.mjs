// Does what it is told; see stagehand.mjs for the verbs.
import { answer } from './stagehand.mjs'

answer()

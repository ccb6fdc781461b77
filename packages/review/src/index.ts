import "./bun.ts"

export { Learner, type LearnerOptions } from "./learn/Learner.ts"
export type * from "./protocol.ts"
export { Review, type ReviewInput, ReviewOptions } from "./Review.ts"
export { type ReviewServer, serveReview } from "./server/serveReview.ts"

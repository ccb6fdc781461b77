import "./bun.ts"

export { Learner, LearnerOptions } from "./learn/Learner.ts"
export type * from "./protocol.ts"
export { Review, type ReviewInput, ReviewOptions } from "./Review.ts"
export { type ReviewServer, serveReview } from "./server/serveReview.ts"

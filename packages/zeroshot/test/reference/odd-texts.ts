import { oddTexts } from "@nuner/testing"

console.log(JSON.stringify(oddTexts))

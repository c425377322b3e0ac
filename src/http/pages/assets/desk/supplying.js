// 补正: what the applicant brings is put into the application, or the objection, as it was, looked over, and entered in its
// place. Not here: the fields (application.js, objecting.js).
import { post } from "./api.js";
import { application, typeFor } from "./application.js";
import { element } from "./elements.js";
import { shown as told } from "./filing.js";
import { rows } from "./licence_facts.js";
import { lookOver } from "./looking_over.js";
import { objection, rowsOf } from "./objecting.js";
import { say } from "./say.js";

// The form, for a case that waits for its applicant; `labels` is its type's metadata.
export async function supplyForm(shown, labels, done) {
  const path = `/v1/cases/${shown.case}/supply`;
  const type = await typeFor(shown.type, shown.version);
  const fields = shown.corrects ? objection(type, shown.application) : application(type, shown.application);
  const asked = shown.steps.findLast((one) => one.step === "asked")?.words;
  const looked = lookOver({
    name: "supply", fields: [fields.node], level: "h4",
    judge: async () => {
      const now = fields.value();
      await post(`${path}?dry_run=true`, now);
      return now;
    },
    told: (now) => ({
      title: shown.corrects ? say("补正后的异议", "The objection as it will be") : say("补正后的申请", "The application as it will be"),
      rows: shown.corrects ? rowsOf(type, now) : rows(labels, told(now)),
    }),
    enter: { name: "supply-it", button: say("提交补正", "Enter what was supplied"), act: async (now, key) => done(await post(path, now, { key })) },
  });
  return element("div", {}, asked ? [element("p", { class: "quiet" }, say("需补正：", "Asked for: ")), element("blockquote", {}, asked)] : null, looked);
}

// What every library tells, one call after the other (see what_came.py).
export async function story(say) {
  const userId = "u-1";
  await say("track", { anonymousId: "a-1", event: "Visited" });
  await say("identify", { userId, anonymousId: "a-1", traits: { email: "Yujin@example.com", plan: "pro", firstName: "유진" } });
  await say("track", { userId, event: "Order Completed", properties: { total: 42.5, items: ["a", "b"] } });
  await say("page", { userId, name: "Home", category: "shop", properties: { url: "https://shop.example/" } });
  await say("screen", { userId, name: "Cart" });
  await say("group", { userId, groupId: "g-1", traits: { name: "길목 상사" } });
  await say("alias", { userId, previousId: "old-1" });
}
